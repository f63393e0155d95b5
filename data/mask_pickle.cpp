// The masks of CXIDB 76 are Python-2 pickles of ((flex.bool, grid),). A pickle is a program for a
// stack machine; this one knows the instructions that build tuples, numbers and texts. The two that
// call Python (GLOBAL, REDUCE) only put markers on the stack: nothing is looked up or executed.
// Such a file has some dozen instructions, and its memory is bounded by a few times its size.
#include <algorithm>
#include <charconv>
#include <map>
#include <variant>

#include "data/mask.h"
#include "engine/check.h"
#include "engine/shown.h"

namespace hitsieve {
namespace {

struct Value {
  enum Kind { mark, none, number, bytes, tuple, global, object } kind = none;
  int64_t integer = 0;
  std::string content{};       // bytes; the name of a global
  std::vector<Value> items{};  // of a tuple; of an object: what it was called with, its state
};

/// Values inside it: bounds what a few bytes of pickle can be blown up to by repeating.
size_t weight(const Value& value) {
  size_t sum = 1 + value.content.size() / 64;
  for (const Value& item : value.items) sum += weight(item);
  return sum;
}

class PickleMachine {
 public:
  PickleMachine(const std::string& content, const std::string& path)
      : content_(content), path_(path) {}

  Value run() {
    for (int steps = 0; steps < most_steps; ++steps) {
      const char code = take(1)[0];
      if (code == '.') return pop();
      step(code);
    }
    throw Error(text(path_, ": the pickle has over ", most_steps,
                     " instructions, which no mask needs; refused"));
  }

 private:
  std::string_view take(size_t count) {
    check(count <= content_.size() - at_, path_, ": the pickle is truncated at byte ",
          content_.size());
    at_ += count;
    return std::string_view(content_).substr(at_ - count, count);
  }
  std::string_view line() {
    const size_t end = content_.find('\n', at_);
    check(end != std::string::npos, path_, ": the pickle is truncated");
    const std::string_view found = take(end - at_);
    ++at_;
    return found;
  }
  int64_t little_endian(size_t count) {
    uint64_t value = 0;
    const std::string_view bytes = take(count);
    for (size_t i = count; i-- > 0;) value = value << 8 | uint8_t(bytes[i]);
    return count == 4 ? int32_t(value) : int64_t(value);
  }
  int64_t decimal(std::string_view digits) {
    int64_t value = 0;
    const auto [end, error] = std::from_chars(digits.begin(), digits.end(), value);
    check(error == std::errc() && end == digits.end(), path_, ": '", shown(std::string(digits)),
          "' is no number");
    return value;
  }
  Value pop() {
    check(!stack_.empty(), path_, ": the pickle is damaged: empty stack at byte ", at_);
    Value value = std::move(stack_.back());
    stack_.pop_back();
    return value;
  }
  void push(Value value) { stack_.push_back(std::move(value)); }
  void push_number(int64_t value) { push({Value::number, value}); }
  void push_bytes(int64_t count) {
    check(count >= 0, path_, ": the pickle is damaged: a text of ", count, " bytes");
    push({Value::bytes, 0, std::string(take(size_t(count)))});
  }
  void push_tuple(size_t count) {
    std::vector<Value> items(count);
    for (size_t i = count; i-- > 0;) items[i] = pop();
    push({Value::tuple, 0, "", std::move(items)});
  }
  void push_tuple_from_mark() {
    size_t count = 0;
    while (count < stack_.size() && stack_[stack_.size() - 1 - count].kind != Value::mark) ++count;
    push_tuple(count);
    Value tuple = pop();
    pop();  // the mark
    push(std::move(tuple));
  }
  void push_text_literal() {  // protocol 0: 'quoted', with escapes
    const std::string_view quoted = line();
    check(quoted.size() >= 2 && (quoted[0] == '\'' || quoted[0] == '"'), path_,
          ": the pickle is damaged: a text without quotes");
    push({Value::bytes, 0, unescape(quoted.substr(1, quoted.size() - 2))});
  }
  std::string unescape(std::string_view in) {
    std::string out;
    for (size_t i = 0; i < in.size(); ++i) {
      if (in[i] != '\\') {
        out += in[i];
        continue;
      }
      check(++i < in.size(), path_, ": the pickle is damaged: an escape at the end of a text");
      const size_t plain = std::string_view("\\'\"ntr").find(in[i]);
      if (plain != std::string_view::npos) {
        out += "\\'\"\n\t\r"[plain];
        continue;
      }
      int value = 0;
      check(in[i] == 'x' && i + 2 < in.size() &&
                std::from_chars(&in[i + 1], &in[i + 1] + 2, value, 16).ec == std::errc(),
            path_, ": the pickle is damaged: unknown escape");
      out += char(value), i += 2;
    }
    return out;
  }
  void build() {  // object, state
    Value state = pop(), object = pop();
    check(object.kind == Value::object && object.items.size() == 1, path_,
          ": the pickle is damaged: state for no object, or a second one");
    object.items.push_back(std::move(state));
    push(std::move(object));
  }
  void reduce() {  // global, arguments
    Value arguments = pop(), callee = pop();
    check(callee.kind == Value::global, path_, ": the pickle is damaged: a call of no function");
    push({Value::object, 0, std::move(callee.content), {std::move(arguments)}});
  }
  void global() {
    const std::string module(line()), name(line());
    check(module == "scitbx_array_family_flex_ext" && (name == "bool" || name == "grid"), path_,
          ": the pickle refers to ", shown(module), ".", shown(name),
          ", which is no boolean mask; refused");
    push({Value::global, 0, name});
  }
  void put(int64_t key) {
    const Value& value = memo_[key] = stack_.empty() ? pop() : stack_.back();
    kept_ += weight(value);
    // A text is kept once by itself, and again in each of the few values around it.
    check(kept_ <= most_steps + content_.size() / 8, path_,
          ": the pickle repeats large values; refused");
  }
  void get(int64_t key) {
    const auto found = memo_.find(key);
    check(found != memo_.end(), path_, ": the pickle is damaged: unknown memo ", key);
    check(weight(found->second) <= 16, path_, ": the pickle repeats large values; refused");
    push(found->second);
  }
  void step(char code);

  static constexpr int most_steps = 1000;  // and so deep, at most, are values in each other

  const std::string& content_;
  const std::string& path_;
  size_t at_ = 0;
  std::vector<Value> stack_;
  std::map<int64_t, Value> memo_;
  size_t kept_ = 0;  // weight of all that was ever put into the memo
};

void PickleMachine::step(char code) {
  switch (code) {
    case '\x80':
      check(little_endian(1) <= 2, path_, ": pickle of a protocol above 2");
      return;
    case '(':
      return push({Value::mark});
    case 't':
      return push_tuple_from_mark();
    case ')':
      return push_tuple(0);
    case '\x85':
      return push_tuple(1);
    case '\x86':
      return push_tuple(2);
    case '\x87':
      return push_tuple(3);
    case 'K':
      return push_number(little_endian(1));
    case 'M':
      return push_number(little_endian(2));
    case 'J':
      return push_number(little_endian(4));
    case 'I':
      return push_number(decimal(line()));
    case '\x88':
      return push_number(1);  // True
    case '\x89':
      return push_number(0);  // False
    case 'N':
      return push({Value::none});
    case 'T':
      return push_bytes(little_endian(4));
    case 'U':
      return push_bytes(little_endian(1));
    case 'S':
      return push_text_literal();
    case 'c':
      return global();
    case 'R':
      return reduce();
    case 'b':
      return build();
    case 'q':
      return put(little_endian(1));
    case 'r':
      return put(little_endian(4));
    case 'p':
      return put(decimal(line()));
    case 'h':
      return get(little_endian(1));
    case 'j':
      return get(little_endian(4));
    case 'g':
      return get(decimal(line()));
    default:
      throw Error(text(path_, ": the pickle holds instruction ", int(uint8_t(code)), " at byte ",
                       at_ - 1, ", which no mask needs; refused"));
  }
}

/// bool(state (grid, payload)); the payload: bytes of the size's encoding, the size in base 256
/// from the lowest digit, then one '0' or '1' a pixel.
Mask to_mask(const Value& array, const std::string& path) {
  const auto ensure = [&](bool ok) {
    check(ok, path, ": the pickle is no flat boolean grid (flex.bool)");
  };
  ensure(array.kind == Value::object && array.content == "bool" && array.items.size() == 2);
  const Value& state = array.items[1];
  ensure(state.kind == Value::tuple && state.items.size() == 2);
  const Value &grid = state.items[0], &payload = state.items[1];
  ensure(grid.kind == Value::object && grid.content == "grid" && !grid.items.empty());
  ensure(payload.kind == Value::bytes && !payload.content.empty());
  const Value& arguments = grid.items[0];  // grid(origin, last, whether last is excluded)
  ensure(arguments.kind == Value::tuple && arguments.items.size() == 3);
  ensure(arguments.items[2].integer == 1);
  const std::vector<Value>&origin = arguments.items[0].items, &last = arguments.items[1].items;
  check(origin.size() == 2 && last.size() == 2, path, ": the mask has ", last.size(),
        " dimensions, want 2 (ss, fs)");
  check(origin[0].integer == 0 && origin[1].integer == 0, path, ": the grid does not start at 0");
  const int64_t ss = last[0].integer, fs = last[1].integer;
  check(ss > 0 && fs > 0 && ss < 100'000 && fs < 100'000, path, ": a grid of ", ss, " x ", fs);
  const std::string& bytes = payload.content;
  const size_t header = uint8_t(bytes[0]);
  ensure(header >= 1 && header <= 9 && bytes.size() > header);
  int64_t pixels = 0;
  for (size_t i = header; i-- > 1;) pixels = pixels << 8 | uint8_t(bytes[i]);
  check(pixels == ss * fs && bytes.size() - header == size_t(pixels), path, ": a grid of ", ss,
        " x ", fs, " with ", bytes.size() - header, " pixels");
  Mask mask{ss, fs, std::vector<uint8_t>(size_t(pixels))};
  for (size_t i = 0; i < mask.bad.size(); ++i) {
    const char pixel = bytes[header + i];
    check(pixel == '0' || pixel == '1', path, ": pixel ", i, " is neither 0 nor 1");
    mask.bad[i] = pixel == '0';
  }
  return mask;
}

}  // namespace

Mask parse_mask_pickle(const std::string& content, const std::string& path) {
  const Value value = PickleMachine(content, path).run();
  if (value.kind == Value::tuple) {  // one array a panel
    check(value.items.size() == 1, path, ": masks of ", value.items.size(),
          " panels; one assembled mask is wanted");
    return to_mask(value.items[0], path);
  }
  return to_mask(value, path);
}

}  // namespace hitsieve
