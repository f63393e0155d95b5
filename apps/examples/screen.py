"""Screens the frames of an HDF5 file, or any numpy array, through libhitsieve and ctypes.

    python3 screen.py MODEL FILE.cxi [--dataset PATH] [--mask PATH] [--threads N]

prints number, score and class of each frame. `Screener` is what to copy into a program of your own:
it needs ctypes and numpy alone. The library is looked for as the loader does, or where the
environment variable HITSIEVE_LIBRARY says.
"""
import argparse
import concurrent.futures
import ctypes
import os

import numpy

ABI = 1
TYPES = {"uint8": 1, "int8": 2, "uint16": 3, "int16": 4, "uint32": 5, "int32": 6, "uint64": 7,
         "int64": 8, "float32": 9, "float64": 10}
RESULT = numpy.dtype([("score", "f4"), ("hit", "i4"), ("status", "i4"), ("pixels", "i4")])


class Error(ctypes.Structure):
    _fields_ = [("code", ctypes.c_int32), ("text", ctypes.c_char * 1020)]


class Frames(ctypes.Structure):
    _fields_ = [("pixels", ctypes.c_void_p), ("type", ctypes.c_int32), ("device", ctypes.c_int32),
                ("count", ctypes.c_int64), ("height", ctypes.c_int64), ("width", ctypes.c_int64),
                ("row_stride", ctypes.c_int64), ("frame_stride", ctypes.c_int64),
                ("mask", ctypes.c_void_p), ("mask_row_stride", ctypes.c_int64),
                ("mask_frame_stride", ctypes.c_int64),
                ("minimum", ctypes.c_double), ("maximum", ctypes.c_double)]


def load_library():
    library = ctypes.CDLL(os.environ.get("HITSIEVE_LIBRARY", f"libhitsieve.so.{ABI}"))
    if library.hitsieve_abi() != ABI:
        raise OSError(f"libhitsieve has ABI {library.hitsieve_abi()}, this wants {ABI}")
    pointer = ctypes.c_void_p
    library.hitsieve_open.argtypes = [ctypes.c_char_p, ctypes.c_int32, ctypes.POINTER(pointer),
                                      ctypes.POINTER(Error)]
    library.hitsieve_screen.argtypes = [pointer, ctypes.POINTER(Frames), pointer,
                                        ctypes.POINTER(Error)]
    library.hitsieve_close.argtypes = library.hitsieve_crop.argtypes = [pointer]
    library.hitsieve_crop.restype = ctypes.c_int64
    library.hitsieve_threshold.argtypes = [pointer]
    library.hitsieve_threshold.restype = ctypes.c_double
    return library


class Screener:
    """A model. May be used from several threads at once: ctypes lets go of Python's lock."""

    def __init__(self, model):
        self._library, self._screener, error = load_library(), ctypes.c_void_p(), Error()
        if self._library.hitsieve_open(os.fsencode(model), 0, self._screener, error):
            raise RuntimeError(error.text.decode())
        self.crop = self._library.hitsieve_crop(self._screener)
        self.threshold = self._library.hitsieve_threshold(self._screener)

    def close(self):
        self._library.hitsieve_close(self._screener)
        self._screener = ctypes.c_void_p()

    def screen(self, frames, mask=None, trusted=(-numpy.inf, numpy.inf)):
        """Frames (N, height, width) of any strides; mask (height, width), nonzero =
        bad -> an array of RESULT."""
        if frames.ndim != 3 or str(frames.dtype) not in TYPES:
            raise TypeError(f"frames {frames.shape} {frames.dtype}: want (N, height, width) pixels")
        frame, row, pixel = frames.strides
        if (pixel != frames.itemsize or row < frames.shape[2] * pixel or frame < row or
                frame % pixel or row % pixel):  # broadcast, turned, bytes apart, ...
            frames = numpy.ascontiguousarray(frames)
        if mask is not None:
            mask = numpy.ascontiguousarray(mask != 0, dtype=numpy.uint8)
            if mask.shape != frames.shape[1:]:
                raise TypeError(f"mask {mask.shape}: want {frames.shape[1:]}")
        results, error = numpy.zeros(len(frames), RESULT), Error()
        batch = Frames(frames.ctypes.data, TYPES[str(frames.dtype)], 0, *frames.shape,
                       frames.strides[1] // frames.itemsize, frames.strides[0] // frames.itemsize,
                       None if mask is None else mask.ctypes.data, 0, 0, *trusted)
        if self._library.hitsieve_screen(self._screener, batch, results.ctypes.data, error):
            raise RuntimeError(error.text.decode())
        return results


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model")
    parser.add_argument("file")
    parser.add_argument("--dataset", default="/entry_1/data_1/data")
    parser.add_argument("--mask")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    import h5py
    screener = Screener(options.model)
    with h5py.File(options.file) as file, \
            concurrent.futures.ThreadPoolExecutor(options.threads) as pool:
        data = file[options.dataset]
        mask = file[options.mask][()] if options.mask else None
        batches = (data[i:i + 4] for i in range(0, len(data), 4))
        results = numpy.concatenate(list(pool.map(lambda b: screener.screen(b, mask), batches)))
    screener.close()
    for event, result in enumerate(results):
        kind = "bad" if result["status"] else "hit" if result["hit"] else "miss"
        print(f"{event}\t{result['score']:.9g}\t{kind}")


if __name__ == "__main__":
    main()
