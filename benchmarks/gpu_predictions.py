"""Predicts, from bytes and operations alone, what the rows that are to be measured on a GPU can reach
at most; prints the table in README.md. Predictions, not measurements: no kernel reaches its bound.
    python3 benchmarks/gpu_predictions.py"""

# One NVIDIA H200 by its data sheet: bytes/s of memory, float32 operations/s; and PCIe 5 x16. Of the
# memory's bandwidth a copy is taken to reach nine tenths.
COPY, FLOPS, HOST = 0.9 * 4.8e12, 67e12, 55e9
SIDE, LENGTH = 724, 720
PIXEL_OPERATIONS = 20  # sums of p and p^2, of a window's rows and columns, the quotient, the ends


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
    print(row("raw frames in GPU memory to scores",
              f"{frame:,} bytes, read from memory once; {PIXEL_OPERATIONS} operations a pixel",
              frame, PIXEL_OPERATIONS * SIDE ** 2 + 2 * multiply_adds_1d(), "frames/s"))
    print(row("1D network, inference",
              f"{4 * LENGTH:,} bytes; 2 x {multiply_adds_1d():,} operations",
              4 * LENGTH, 2 * multiply_adds_1d(), "vectors/s"))
    print(row("2D network, inference",
              f"{image:,} bytes, the input alone; 2 x {products:,} operations in float32",
              image, 2 * products, "frames/s"))
    print(row(f"2D training step, {batch} images, an image",
              f"activations, {activations:,} bytes, written and read four times in all; 3 x 2 x "
              f"{products:,} operations", batch * (4 * activations + 4 * LENGTH ** 2),
              batch * 6 * products, "frames/s", batch))
    print(row("raw frames from pinned host memory to scores", f"{frame:,} bytes over PCIe", frame, 0,
              "frames/s", 1, HOST))


if __name__ == "__main__":
    main()
