"""The paper's pipeline in PyTorch, as one would write it there: batched tensor operations, and for
each piece of work the ways that PyTorch offers to make it fast. compare.py keeps the fastest.

`*_ways` yields (name, function); a way that this PyTorch or this machine cannot do is left out by
whoever calls it."""
import numpy
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval

SIDE = 724  # pixels, of the square that the method looks at
FLOOR_FACTOR = 6  # of the deviation: hitsieve's default
BASE_1D = [(1, 8, 5, 3), (8, 16, 3, 1)]  # channels in and out, kernel, pool
BASE_2D = [(1, 4, 7, 3, 0), (4, 8, 3, 2, 0), (8, 16, 3, 2, 0.1), (16, 32, 3, 2, 0.1)]  # dropout


class Net1d(nn.Module):
    def __init__(self, dropout=True):
        super().__init__()
        self.conv = nn.ModuleList(nn.Conv1d(c, k, w, padding=w // 2) for c, k, w, _ in BASE_1D)
        self.norm = nn.ModuleList(nn.BatchNorm1d(k) for _, k, _, _ in BASE_1D)
        self.dropout, self.layers = nn.Dropout(0.25 * dropout), nn.ModuleList([nn.Linear(16, 3)])

    def forward(self, x):
        x = x[:, None]
        for (_, _, _, pool), conv, norm in zip(BASE_1D, self.conv, self.norm):
            x = F.relu(norm(conv(x)))
            if pool > 1:
                x = F.max_pool1d(x, pool)
        return self.layers[0](self.dropout(x.mean(2)))


class Net2d(nn.Module):
    def __init__(self, dropout=True):
        super().__init__()
        self.conv = nn.ModuleList(nn.Conv2d(c, k, w, stride=2, padding=w // 2)
                                  for c, k, w, _, _ in BASE_2D)
        self.norm = nn.ModuleList(nn.BatchNorm2d(k) for _, k, _, _, _ in BASE_2D)
        self.dropouts = nn.ModuleList(nn.Dropout(p * dropout) for *_, p in BASE_2D)
        self.dropout = nn.Dropout(0.25 * dropout)
        self.layers = nn.ModuleList([nn.Linear(288, 32), nn.Linear(32, 3)])

    def forward(self, x):
        for (_, _, _, pool, _), conv, norm, dropout in zip(BASE_2D, self.conv, self.norm,
                                                           self.dropouts):
            x = F.max_pool2d(F.relu(norm(conv(x))), pool, 2, padding=(pool - 1) // 2,
                             ceil_mode=True)
            x = dropout(x)
        x = F.relu(self.layers[0](self.dropout(x.flatten(1))))
        return self.layers[1](self.dropout(x))


def network(dimensions, weights, device, dropout=True):
    """With hitsieve's weights: a file of all tensors, one after another."""
    net = (Net1d if dimensions == "1d" else Net2d)(dropout)
    values = torch.from_numpy(numpy.fromfile(weights, numpy.float32))
    tensors = []
    for conv, norm in zip(net.conv, net.norm):
        conv.bias.requires_grad_(False)  # as there: batch norm takes it off again
        tensors += [conv.weight, conv.bias, norm.weight, norm.bias, norm.running_mean,
                    norm.running_var]
    for layer in net.layers:
        tensors += [layer.weight, layer.bias]
    at = 0
    with torch.no_grad():
        for tensor in tensors:
            tensor.copy_(values[at:at + tensor.numel()].view_as(tensor))
            at += tensor.numel()
    assert at == len(values), "the file holds another network"
    return net.to(device)


def folded(net):
    """Batch norm folded into the convolutions: for inference."""
    net.eval()
    for i in range(len(net.conv)):
        net.conv[i] = fuse_conv_bn_eval(net.conv[i], net.norm[i])
        net.norm[i] = nn.Identity()
    return net


# --- raw pixels to vectors --------------------------------------------------------------------------


def inference(function):
    return torch.inference_mode()(function)


def deferred(make, x):
    """Makes the network at the first call, so that a way that fails fails there."""
    made = []

    def run():
        if not made:
            made.append(make())
        return made[0](x)
    return run


def box_mean(x, one_axis_at_a_time):
    if one_axis_at_a_time:
        return F.avg_pool2d(F.avg_pool2d(x, (1, 5), 1), (5, 1), 1)
    return F.avg_pool2d(x, 5, 1)


def vectors(raw, good=None, one_axis_at_a_time=True):
    """GCN, LCN, RWD of raw (N, H, W), any type; `good` (H, W): what is not gets the frame's mean."""
    x = raw.to(torch.float32)
    if good is None:
        mean = x.mean((1, 2), keepdim=True)
        x = x - mean
        x = (x / x.square().mean((1, 2), keepdim=True).sqrt())[:, None]
    else:
        mean = (x * good).sum((1, 2), keepdim=True) / good.sum()
        x = (x - mean) * good
        x = (x / (x.square().sum((1, 2), keepdim=True) / good.sum()).sqrt())[:, None]
    m = box_mean(x, one_axis_at_a_time)
    s = (box_mean(x * x, one_axis_at_a_time) - m * m).clamp_min(0).sqrt()
    y = ((x[:, :, 2:-2, 2:-2] - m) / s.clamp_min(FLOOR_FACTOR))[:, 0]
    return y.amax(2) - y.amin(2)


def in_batches(function, x, size):
    return torch.cat([function(x[i:i + size]) for i in range(0, len(x), size)])


def compile_if_it_can(what, **options):
    """torch.compile; before PyTorch 2.0 what fails when it is called, and is left out then."""
    def cannot(*_):
        raise RuntimeError("this PyTorch has no torch.compile")
    return torch.compile(what, **options) if hasattr(torch, "compile") else cannot


def preprocess_ways(raw):
    """raw (N, H, W) on the device, of a type that PyTorch computes with."""
    for size in (4, 64):
        for apart in (True, False):
            name = f"{'1 x 5 and 5 x 1' if apart else '5 x 5'} pools, batches of {size}"
            yield name, inference(lambda size=size, apart=apart: in_batches(
                lambda x: vectors(x, None, apart), raw, size))
    for size in (4, 64):
        whole = compile_if_it_can(vectors, dynamic=False)
        yield f"compiled, batches of {size}", inference(
            lambda size=size, whole=whole: in_batches(whole, raw, size))


# --- networks ---------------------------------------------------------------------------------------


def layouts_of(dimensions):
    if dimensions == "1d":
        return [("", torch.contiguous_format)]
    return [("", torch.contiguous_format), ("channels-last ", torch.channels_last)]


def compiled(net, x):
    return compile_if_it_can(net, mode="max-autotune" if x.is_cuda else "default", dynamic=False)


def inference_ways(dimensions, weights, x):
    """x as the network takes it, on the device."""
    types = [("", torch.float32)] + ([("bf16 ", torch.bfloat16)] if x.is_cuda else [])
    for layout, memory in layouts_of(dimensions):
        for kind, dtype in types:
            net = folded(network(dimensions, weights, x.device)).to(dtype)
            y = x.to(dtype)
            if dimensions == "2d":
                net, y = net.to(memory_format=memory), y.contiguous(memory_format=memory)
            ways = {"eager": lambda: net, "compiled": lambda: compiled(net, y)}
            if not x.is_cuda:
                ways["traced"] = lambda: torch.jit.optimize_for_inference(torch.jit.trace(net, y))
            for way, make in ways.items():
                yield f"{layout}{kind}{way}", inference(deferred(make, y))


def training_step(net, x, classes, losses=None, step=None):
    """Gives the function that makes a step of `net`, by `step` if that is a faster form of it."""
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=1e-3,
                                  **({"fused": True} if x.is_cuda else {}))
    run = net if step is None else step

    def one():
        loss = F.cross_entropy(run(x), classes)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        if losses is not None:
            losses.append(loss.item())
        return loss
    return one


def training_ways(dimensions, weights, x, classes):
    """Forward, backward and Adam, in float32."""
    for layout, memory in layouts_of(dimensions):
        y = x.contiguous(memory_format=memory) if dimensions == "2d" else x
        net = network(dimensions, weights, x.device).train()
        if dimensions == "2d":
            net = net.to(memory_format=memory)
        yield f"{layout}eager", training_step(net, y, classes)
        yield f"{layout}compiled", training_step(net, y, classes, step=compiled(net, y))


# --- a whole file -----------------------------------------------------------------------------------


class FileBatches(torch.utils.data.Dataset):
    """Vectors of consecutive frames of a CXI file, of their central SIDE x SIDE pixels, read and made
    by the loader's workers."""

    def __init__(self, path, frames, size=8):
        self.path, self.frames, self.size, self.file = path, frames, size, None

    def __len__(self):
        return (self.frames + self.size - 1) // self.size

    def __getitem__(self, i):
        import h5py
        import hdf5plugin  # noqa: F401  (registers the filters)
        if self.file is None:
            self.file = h5py.File(self.path, "r")
            self.data = self.file["/entry_1/data_1/data"]
            first = (self.data.shape[1] - SIDE) // 2
            self.crop = (slice(first, first + SIDE),) * 2
            self.good = torch.from_numpy(self.file["/entry_1/data_1/mask"][self.crop] == 0)
        raw = self.data[i * self.size:min((i + 1) * self.size, self.frames), *self.crop]
        with torch.inference_mode():
            return vectors(torch.from_numpy(raw.astype(numpy.float32)), self.good)


def screen_file(path, frames, net, workers):
    """Scores of a file's first frames; with workers they make the vectors, a thread each."""
    loader = torch.utils.data.DataLoader(FileBatches(path, frames), batch_size=None,
                                         num_workers=workers)
    with torch.inference_mode():
        return torch.cat([net(v / v.median(1, keepdim=True).values) for v in loader])
