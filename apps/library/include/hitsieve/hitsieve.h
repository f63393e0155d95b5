/* hitsieve as a library: open a model that `hitsieve train` wrote, hand over raw frames, get scores
 * and decisions, the same to the last bit as `hitsieve screen`. C99; screener.hpp is it for C++.
 *
 * There is no global state, and the library starts no threads: call it from as many as you like, on
 * one screener or several. A thread keeps some working memory until it ends. No exception leaves.
 *
 * What can fail returns a code, HITSIEVE_OK or HITSIEVE_ERROR_...; `error`, unless it is NULL, gets
 * the code and a text that says what is wrong with which value.
 *
 * HDF5 reads the model, and its common builds are not thread-safe: while a model is being opened,
 * no other thread may be inside HDF5 by calls of its own. Screening does not touch HDF5. */
#ifndef HITSIEVE_H
#define HITSIEVE_H
#include <stddef.h>
#include <stdint.h>

#define HITSIEVE_ABI 1 /* raised when programs have to be compiled again; the SONAME has it too */

#ifdef __cplusplus
extern "C" {
#endif

enum {
  HITSIEVE_OK = 0,
  HITSIEVE_ERROR_ARGUMENT = 1, /* a size, stride, type, range or pointer; frames below the crop */
  HITSIEVE_ERROR_MODEL = 2,    /* the model: no such file, truncated, damaged, of another format */
  HITSIEVE_ERROR_DEVICE = 3,   /* no CUDA in this build, no GPU answers, or it failed */
  HITSIEVE_ERROR_MEMORY = 4,   /* out of memory */
  HITSIEVE_ERROR_INTERNAL = 5  /* a bug: please report it */
};
typedef struct hitsieve_error {
  int32_t code;
  char text[1020]; /* ends with 0; "" when there was no error */
} hitsieve_error;

enum { HITSIEVE_CPU = 0, HITSIEVE_CUDA = 1 }; /* devices */

/* Pixel types; NaN never counts. Of unsigned types the two highest values never count: 2^n-1 is
 * masked and 2^n-2 saturated, as DECTRIS has it. No value counts that int32 does not hold, of
 * floats neither; float64 is rounded to float32. */
enum {
  HITSIEVE_UINT8 = 1,
  HITSIEVE_INT8 = 2,
  HITSIEVE_UINT16 = 3,
  HITSIEVE_INT16 = 4,
  HITSIEVE_UINT32 = 5,
  HITSIEVE_INT32 = 6,
  HITSIEVE_UINT64 = 7,
  HITSIEVE_INT64 = 8,
  HITSIEVE_FLOAT32 = 9,
  HITSIEVE_FLOAT64 = 10
};

/* A batch of raw frames, row-major: `height` rows (slow scan) of `width` pixels (fast scan) each.
 * The central crop x crop pixels are looked at, from row (height - crop) / 2, rounded down, and
 * column alike. Pixels and mask are only read. */
typedef struct hitsieve_frames {
  const void* pixels; /* first pixel of the first frame, aligned as its type wants */
  int32_t type;       /* HITSIEVE_UINT16, ... */
  int32_t device;     /* where pixels and mask lie; see hitsieve_screen */
  int64_t count, height, width;
  int64_t row_stride;        /* pixels from a row to the next; 0: width */
  int64_t frame_stride;      /* pixels from a frame to the next; 0: height * row_stride */
  const uint8_t* mask;       /* nonzero: the pixel is bad and takes no part; NULL: all are good */
  int64_t mask_row_stride;   /* bytes; 0: width */
  int64_t mask_frame_stride; /* bytes; 0: one mask for all frames */
  double minimum, maximum;   /* raw values that count, both included; -INFINITY, INFINITY: all */
} hitsieve_frames;

/* Frames without gaps in host memory, no mask, all values count. */
hitsieve_frames hitsieve_packed_frames(const void* pixels, int32_t type, int64_t count,
                                       int64_t height, int64_t width);

enum {
  HITSIEVE_FRAME_SCORED = 0,
  HITSIEVE_FRAME_EMPTY = 1,    /* no pixel is left: all are masked, NaN or out of range */
  HITSIEVE_FRAME_CONSTANT = 2, /* every pixel has the same value */
  HITSIEVE_FRAME_MASKED = 3    /* over half of the crop's pixels do not count */
};
typedef struct hitsieve_result {
  float score;    /* probability of 4 or more Bragg spots; NaN when the frame has no score */
  int32_t hit;    /* 1: the score is at or above the threshold; else 0 */
  int32_t status; /* HITSIEVE_FRAME_...: why there is no score */
  int32_t pixels; /* of the crop that counted */
} hitsieve_result;

typedef struct hitsieve_screener hitsieve_screener;

/* Opens the model in a file, or in `size` bytes that are such a file's content and not needed
 * afterwards. `device` computes; HITSIEVE_CUDA is the GPU that is current in the calling thread,
 * and has to be in every thread that screens. *screener is NULL on failure. */
int32_t hitsieve_open(const char* path, int32_t device, hitsieve_screener** screener,
                      hitsieve_error* error);
int32_t hitsieve_open_memory(const void* bytes, size_t size, int32_t device,
                             hitsieve_screener** screener, hitsieve_error* error);
void hitsieve_close(hitsieve_screener* screener); /* NULL is allowed; no thread may be using it */

/* Of the model; texts live as long as the screener. 0, NaN or "" for NULL. */
int64_t hitsieve_crop(const hitsieve_screener* screener);       /* side of the crop, pixels */
double hitsieve_threshold(const hitsieve_screener* screener);   /* of the score */
const char* hitsieve_method(const hitsieve_screener* screener); /* "rwd", "cnn", ... */
/* The mask it was trained with, in words; if that is not "none", mask your frames. */
const char* hitsieve_mask(const hitsieve_screener* screener);

/* Screens frames->count frames into as many results, which mean nothing on failure. On the CPU:
 * frames in host memory. On the GPU: frames in either memory, only uint16, int16, int32 or float32;
 * it does not wait for work that still writes them, so synchronise before. One mask for all frames
 * that takes over half of them and of a crop is an error: its polarity is probably the other. */
int32_t hitsieve_screen(const hitsieve_screener* screener, const hitsieve_frames* frames,
                        hitsieve_result* results, hitsieve_error* error);

const char* hitsieve_status_text(int32_t status); /* a HITSIEVE_FRAME_... in words */
const char* hitsieve_version(void);               /* "0.1.0" */
int32_t hitsieve_abi(void);                       /* HITSIEVE_ABI of the library that runs */
int32_t hitsieve_has_device(int32_t device);      /* 1: it can be used here; else 0 */

#ifdef __cplusplus
}
#endif
#endif
