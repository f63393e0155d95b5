/* Screens frames of uint16 pixels that lie one after another in a file without a header:
 *   screen_c MODEL FRAMES HEIGHT WIDTH [MASK]      MASK: a byte a pixel, nonzero = bad
 * and prints number, score and class of each. It reads a frame, screens it, and goes on, as a
 * program does that gets its frames from a detector. */
#include <stdio.h>
#include <stdlib.h>

#include <hitsieve/hitsieve.h>

static int failed(const char* what) {
  fprintf(stderr, "screen_c: %s\n", what);
  return EXIT_FAILURE;
}

/* `size` bytes of a file, or NULL. */
static void* read_bytes(const char* path, size_t size) {
  void* bytes = malloc(size);
  FILE* file = fopen(path, "rb");
  if (!bytes || !file || fread(bytes, 1, size, file) != size) {
    free(bytes);
    bytes = NULL;
  }
  if (file) fclose(file);
  return bytes;
}

static int screen(const hitsieve_screener* screener, hitsieve_frames* frame, uint16_t* pixels,
                  FILE* file) {
  const size_t size = (size_t)(frame->height * frame->width);
  hitsieve_error error;
  for (int event = 0; fread(pixels, sizeof *pixels, size, file) == size; ++event) {
    hitsieve_result result;
    if (hitsieve_screen(screener, frame, &result, &error)) return failed(error.text);
    if (result.status != HITSIEVE_FRAME_SCORED)
      printf("%d\tnan\t%s\n", event, hitsieve_status_text(result.status));
    else
      printf("%d\t%.9g\t%s\n", event, (double)result.score, result.hit ? "hit" : "miss");
  }
  return ferror(file) ? failed("the frames cannot be read") : EXIT_SUCCESS;
}

int main(int argc, char** argv) {
  if (argc != 5 && argc != 6) return failed("want MODEL FRAMES HEIGHT WIDTH [MASK]");
  const int64_t height = atoll(argv[3]), width = atoll(argv[4]);
  if (height <= 0 || width <= 0) return failed("HEIGHT and WIDTH are numbers of pixels");
  const size_t size = (size_t)(height * width);
  hitsieve_screener* screener;
  hitsieve_error error;
  if (hitsieve_open(argv[1], HITSIEVE_CPU, &screener, &error)) return failed(error.text);

  int code = EXIT_FAILURE;
  FILE* file = fopen(argv[2], "rb");
  uint16_t* pixels = malloc(size * sizeof *pixels);
  uint8_t* mask = argc == 6 ? read_bytes(argv[5], size) : NULL;
  hitsieve_frames frame = hitsieve_packed_frames(pixels, HITSIEVE_UINT16, 1, height, width);
  frame.mask = mask;
  if (!file || !pixels || (argc == 6 && !mask))
    failed("frames or mask cannot be read");
  else
    code = screen(screener, &frame, pixels, file);
  free(mask);
  free(pixels);
  if (file) fclose(file);
  hitsieve_close(screener);
  return code;
}
