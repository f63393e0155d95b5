"""What the kernels that matter have to do at the least, on the networks' shapes: for the predicted times
in kernel_resources.py. Bytes: inputs read once and outputs written once; operations: a multiply-add is
two, and where it is not known how many there are, None counts bytes alone."""
from gpu_predictions import LENGTH, SIDE, layers_2d, multiply_adds_1d, window_instructions

FRAMES, VECTORS, IMAGES, BATCH = 256, 4096, 64, 16  # as benchmarks/shapes.h; a batch of `hitsieve train`
AREA, IMAGE = SIDE ** 2, LENGTH ** 2


def rows():
    """source, the kernel's name as a regular expression, of alternatives the one that does the work
    first, the work, bytes, operations; what matters most for the goals comes first."""
    layers = layers_2d()
    products = [layer[0] for layer in layers]
    inputs, convolved, pooled = ([layer[i] for layer in layers] for i in (1, 2, 3))
    parameters = sum(layer[4] for layer in layers) + pooled[-1] * 32 + 32 * 3
    frames, images, step = f"{FRAMES} frames", f"{IMAGES} images", f"a 2D training step of {BATCH}"
    vectors = f"{VECTORS:,} vectors"
    every, left = 4 * BATCH * sum(convolved), 4 * BATCH * sum(pooled)  # bytes before and after pooling

    # An H200 begins an instruction of a warp where it could do 64 operations of float32.
    def windows(pairs):
        return 64 * window_instructions(0.9, pairs)

    def raw(kind, pixel):
        return [("raw_to_vector", rf"box5_ranges_kernel<{kind}, true>", f"raw to vector, {frames}",
                 FRAMES * (pixel * AREA + 4 * LENGTH), FRAMES * windows(pairs=pixel == 2))]

    return [
        ("gcn", r"exact_kernel<unsigned short>", f"mean and deviation, {frames}",
         FRAMES * 2 * AREA, FRAMES * 3 * AREA),
        *raw("unsigned short", 2), *raw("float", 4), *raw("int", 4),
        ("raw_to_vector", r"vector_kernel", f"ranges to vector, {frames}",
         FRAMES * 4 * LENGTH, None),
        ("baseline_scale", r".*", f"baseline, {vectors}", VECTORS * 8 * LENGTH, None),
        ("frozen_net1d", r".*", f"1D network, {vectors}", VECTORS * 4 * (LENGTH + 3),
         VECTORS * 2 * multiply_adds_1d()),
        ("frozen_net1d_product", r".*", f"1D network on tensor cores, {vectors}",
         VECTORS * 4 * (LENGTH + 3), None),
        ("raw_to_image", r"box5_images_kernel<unsigned short, true>", f"raw to image, {images}",
         IMAGES * 2 * (AREA + IMAGE), IMAGES * windows(pairs=False)),
        ("noise_scale", r"noise_kernel", f"noise, {images}", IMAGES * 2 * IMAGE, None),
        ("noise_scale", r"scale_kernel", f"by the noise, {images}", IMAGES * 4 * IMAGE, None),
        ("frozen_net2d", r".*short, 7, .*|.*short.*", f"2D network, first block, {images}",
         IMAGES * (2 * inputs[0] + 4 * pooled[0]), IMAGES * 2 * products[0]),
        ("frozen_net2d", r".*float, 3, .*|.*block.*", f"2D network, other blocks, {images}",
         IMAGES * 4 * (sum(inputs[1:]) + sum(pooled[1:])), IMAGES * 2 * sum(products[1:])),
        ("frozen_net2d", r".*", f"2D network, the layers after them, {images}",
         IMAGES * 4 * (pooled[-1] + 3), IMAGES * 2 * (pooled[-1] * 32 + 32 * 3)),
        ("frozen_net2d_product", r".*", f"2D network on tensor cores, {images}",
         IMAGES * 2 * (inputs[0] + sum(inputs[1:]) + sum(pooled)), None),
        ("conv2d", r"product_kernel<float.*>", f"all passes of {step}",
         4 * BATCH * (3 * sum(inputs) + 3 * sum(convolved)),
         BATCH * 2 * (3 * sum(products) - products[0])),
        ("batch_norm", r"part_statistics_kernel<float>", step, every, None),
        ("norm_pool", r"forward_kernel<float>", step, every + 2 * left, None),
        ("relu", r"backward_kernel<float>", step, 3 * left, None),
        ("batch_norm", r"part_sums_kernel<float>", step, 2 * left, None),
        ("norm_pool", r"backward_x_kernel<float>", step, 2 * every + 2 * left, None),
        ("turned_images", r"turn_kernel", step, BATCH * (2 + 4) * IMAGE, None),
        ("dropout", r"apply_kernel<float>", step, 2 * left, None),
        ("gemm", r"product_kernel<float>", f"the first layer of the classifier, {step}",
         4 * (BATCH * (pooled[-1] + 32) + 32 * pooled[-1]), BATCH * 2 * 32 * pooled[-1]),
        ("softmax_cross_entropy", r"forward_kernel<float>", step, 4 * BATCH * 4, None),
        ("adam", r"step_kernel<float>", step, 4 * 7 * parameters, None),
    ]
