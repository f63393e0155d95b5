"""Predicts, from bytes and operations alone, what the rows that are to be measured on a GPU can reach
at most; prints the table in README.md. Predictions, not measurements: no kernel reaches its bound.
    python3 benchmarks/gpu_predictions.py"""

# One NVIDIA H200 by its data sheet: bytes/s of memory, float32 operations/s; and PCIe 5 x16. Of the
# memory's bandwidth a copy is taken to reach nine tenths.
COPY, FLOPS, HOST = 0.9 * 4.8e12, 67e12, 55e9
# Its tensor cores, dense (the sheet's numbers, 989 and 1,979 TFLOP/s, are with sparsity), and what
# shared memory gives a clock: 128 bytes a multiprocessor, 132 of them at 1.83 GHz.
TENSOR, SHARED = {"tf32": 989e12 / 2, "bf16": 1979e12 / 2}, 128 * 132 * 1.83e9
WARP = {"tf32": 16 * 8 * 8, "bf16": 16 * 8 * 16}  # multiply-adds of one instruction
SIDE, LENGTH = 724, 720
# Instructions that warps can begin a second: four a clock on each multiprocessor. What raw frames to
# vectors take of them, without a mask, counted in what nvcc 13 made for sm_90 (cuobjdump -sass): for 256
# 16-bit pixels of the statistics, and for a row of 248 windows (raw_to_vector.cu) whose pixels are not
# calm; for one whose pixels are, and for a warp's way to the first row of a band of 60, in pairs of 16-bit
# pixels or in floats. From pairs to floats and back are first rows of both, and three calm ones in floats.
ISSUE, STATISTICS, OTHER_ROW = 132 * 4 * 1.83e9, 58, 580
PAIRS, FLOATS, TURN = (88, 260), (200, 4 * 110 + 700), 1000
BANDS, STRIPS = 12, 3


def window_instructions(calm, pairs):
    """Of a frame of which so large a share of rows is calm, by warps. Others come by fives at least."""
    calm_row, first_rows = PAIRS if pairs else FLOATS
    turns = (1 - calm) * (1 + calm * 60 / 5) if pairs else 0
    row = calm * calm_row + (1 - calm) * OTHER_ROW
    return BANDS * STRIPS * (60 * row + first_rows + turns * TURN)


def frame_instructions(calm):
    """Of 16-bit pixels, with the statistics."""
    return STATISTICS * SIDE ** 2 / 256 + window_instructions(calm, pairs=True)


def multiply_adds_1d():
    first = 8 * 5 * LENGTH
    return first + 8 * 16 * 3 * (LENGTH // 3) + 16 * 3


def layers_2d():
    """Of each block of the 2D network, for one image: multiply-adds of the convolution, elements of its
    input, of what it gives and of what pooling leaves, and its weights."""
    side, channels, layers = LENGTH, 1, []
    for outputs, kernel, pool, padding in ((4, 7, 3, 1), (8, 3, 2, 0), (16, 3, 2, 0), (32, 3, 2, 0)):
        convolved = (side - 1) // 2 + 1
        pooled = -(-(convolved + 2 * padding - pool) // 2) + 1
        weights = channels * outputs * kernel ** 2
        layers.append((weights * convolved ** 2, channels * side ** 2, outputs * convolved ** 2,
                       outputs * pooled ** 2, weights))
        side, channels = pooled, outputs
    return layers


def net_2d():
    """Multiply-adds, and bytes of the activations, of one image."""
    layers = layers_2d()
    classifier = layers[-1][3] * 32 + 32 * 3
    return (sum(layer[0] for layer in layers) + classifier,
            4 * sum(layer[2] + layer[3] for layer in layers))


def product(outputs, along, span, kernel_rows, columns, precision, deep=1):
    """Instructions, and bytes of windows read from shared memory, of a convolution in the form of
    kernels/frozen_product.h: windows of `span` elements that make `along` outputs each, of which
    `deep` rows are made from each window."""
    depth = 8 if precision == "tf32" else 16
    sixteens, steps = -(-outputs // along // 16), -(-span // depth)
    instructions = sixteens * kernel_rows * steps * -(-along * columns // 8)
    rows_read = (kernel_rows + 2 * (deep - 1)) / deep  # stride 2
    return instructions, sixteens * rows_read * steps * 512


def products_1d(precision):
    """Blocks of 8 and of 16 channels, the first always in tf32."""
    first = product(LENGTH, 3, 7, 1, 8, "tf32")
    second = product(LENGTH // 3, 1, 24, 1, 16, precision)
    seconds = (first[0] * WARP["tf32"] * 2 / TENSOR["tf32"] +
               second[0] * WARP[precision] * 2 / TENSOR[precision])
    return (first[0] * WARP["tf32"] + second[0] * WARP[precision], first[1] + second[1], seconds)


def products_2d(precision):
    total, read, side, channels = 0, 0, LENGTH, 1
    for outputs, kernel, pool, padding in ((4, 7, 3, 1), (8, 3, 2, 0), (16, 3, 2, 0), (32, 3, 2, 0)):
        convolved = (side - 1) // 2 + 1
        along = 4 if channels == 1 else 1
        span = 14 if channels == 1 else 3 * channels
        instructions, window_bytes = product(convolved ** 2, along, span, kernel, outputs,
                                             precision, 2 if channels == 1 else 1)
        total, read = total + instructions * WARP[precision], read + window_bytes
        side, channels = -(-(convolved + 2 * padding - pool) // 2) + 1, outputs
    return total, read, total * 2 / TENSOR[precision]


def tensor_row(what, nbytes, precision, products, unit):
    multiplied, read, seconds = products(precision)
    by_bytes, by_shared = nbytes / COPY, read / SHARED
    return (f"| {what}, {precision} | {nbytes:,} | {multiplied:,} | {1e6 * by_bytes:.4g} us | "
            f"{1e6 * seconds:.4g} us | {1e6 * by_shared:.4g} us | "
            f"{1 / max(by_bytes, seconds, by_shared):,.0f} {unit} |")


def row(what, formula, nbytes, operations, unit, count=1, bandwidth=COPY):
    """Bounds by bytes and by operations of `count` things; the later one decides."""
    by_bytes, by_operations = nbytes / bandwidth, operations / FLOPS
    longest = max(by_bytes, by_operations)
    return (f"| {what} | {formula} | {1e6 * by_bytes / count:.4g} us | "
            f"{1e6 * by_operations / count:.4g} us | {count / longest:,.0f} {unit} |")


def main():
    frame, image = 2 * SIDE ** 2, 2 * LENGTH ** 2
    products, activations = net_2d()
    batch = 16
    print("| what | bytes and operations | by bytes | by operations | at most |")
    print("|---|---|---|---|---|")
    for calm in (1, 0.9, 0):
        instructions = frame_instructions(calm)
        print(row(f"raw frames in GPU memory to vectors, {calm:.0%} of their rows calm",
                  f"{frame:,} bytes, read twice; {instructions:,.0f} instructions of warps", 2 * frame,
                  instructions / ISSUE * FLOPS, "frames/s"))
    print(row("1D network, inference",
              f"{4 * LENGTH:,} bytes; 2 x {multiply_adds_1d():,} operations",
              4 * LENGTH, 2 * multiply_adds_1d(), "vectors/s"))
    print(row("2D network, inference",
              f"{image:,} bytes, the input alone; 2 x {products:,} operations in float32",
              image, 2 * products, "frames/s"))
    print(row(f"2D training step, {batch} images, an image",
              f"activations, {activations:,} bytes, written or read seven times; 3 x 2 x "
              f"{products:,} operations", batch * (7 * activations + 2 * 4 * LENGTH ** 2),
              batch * 6 * products, "frames/s", batch))
    print(row("raw frames from pinned host memory to scores", f"{frame:,} bytes over PCIe", frame, 0,
              "frames/s", 1, HOST))
    print()
    print("| on tensor cores | bytes | multiply-adds, zeros included | by bytes | by operations | "
          "by windows from shared memory | at most |")
    print("|---|---|---|---|---|---|---|")
    for precision in ("tf32", "bf16"):
        print(tensor_row("1D network, inference", 4 * LENGTH, precision, products_1d, "vectors/s"))
    for precision in ("tf32", "bf16"):
        print(tensor_row("2D network, inference", image, precision, products_2d, "frames/s"))


if __name__ == "__main__":
    main()
