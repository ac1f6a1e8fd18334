"""A worker in PyTorch, without compilation, with the author's formulas: python torch_peer.py torch CASE SIZE DTYPE."""

import math
import sys

import common
import torch
import torch.nn.functional as F


def rho(x, alpha, c):
    eps = torch.finfo(x.dtype).eps
    z = (x / c) ** 2
    half = 0.5 * z
    b = torch.clamp(torch.abs(alpha - 2), min=eps)
    a = torch.where(alpha >= 0, 1.0, -1.0).to(x.dtype) * torch.clamp(torch.abs(alpha), min=eps)
    loss = (b / a) * (torch.pow(z / b + 1, 0.5 * alpha) - 1)
    loss = torch.where(alpha == torch.inf, torch.expm1(torch.clamp(half, max=87.5)), loss)
    loss = torch.where(alpha == -torch.inf, -torch.expm1(-half), loss)
    loss = torch.where(alpha == 0, torch.log1p(half), loss)
    return torch.where(alpha == 2, half, loss)


class LogPartition:
    """log Z by a cubic spline over the paper's curve of α."""

    def __init__(self, dtype):
        values, slopes = common.log_partition_table()
        self.values, self.slopes = torch.tensor(values, dtype=dtype), torch.tensor(slopes, dtype=dtype)

    def __call__(self, alpha):
        near = (9 * (alpha - 2)) / (4 * torch.abs(alpha - 2) + 1) + alpha + 2
        far = 5 / 18 * torch.log(4 * torch.clamp(alpha, min=4) - 15) + 8
        place = torch.where(alpha < 4, near, far) * ((len(self.values) - 1) / 12)
        first = torch.clamp(torch.floor(place), 0, len(self.values) - 2).detach()
        t, first = place - first, first.long()
        t2, t3 = t * t, t * t * t
        return (
            (2 * t3 - 3 * t2 + 1) * self.values[first]
            + (t3 - 2 * t2 + t) * self.slopes[first]
            + (3 * t2 - 2 * t3) * self.values[first + 1]
            + (t3 - t2) * self.slopes[first + 1]
        )


def reflected(planes, reach):
    """Planes `[n, 1, length, width]` continued by reflection at both ends of the length, which may be shorter than that."""
    while reach > 0:
        now = min(reach, planes.shape[2] - 1)
        planes, reach = F.pad(planes, (0, 0, now, now), mode="reflect"), reach - now
    return planes


def wavelets(x, levels):
    def filtered(planes, half, first):
        kernel = torch.tensor(common.symmetric(half), dtype=planes.dtype).reshape(1, 1, -1, 1)
        return F.conv2d(reflected(planes, len(half) - 1)[:, :, first:], kernel, stride=(2, 1))

    def split(planes):
        return torch.cat([filtered(planes, common.LOW, 0), filtered(planes, common.HIGH, 1)], dim=2)

    def level(planes, left):
        if left == 0:
            return planes
        planes = split(split(planes).transpose(2, 3)).transpose(2, 3)
        h, w = planes.shape[2] // 2, planes.shape[3] // 2
        top = torch.cat([level(planes[:, :, :h, :w], left - 1), planes[:, :, :h, w:]], dim=3)
        return torch.cat([top, planes[:, :, h:]], dim=2)

    batch, height, width, channels = x.shape
    planes = x.permute(0, 3, 1, 2).reshape(batch * channels, 1, height, width)
    return level(planes, levels).reshape(batch, channels, height, width).permute(0, 2, 3, 1)


def image(dtype):
    log_z = LogPartition(dtype)
    x = torch.tensor(common.pictures(8, 64, 64) - common.pictures(8, 64, 64, 0.7), requires_grad=True)
    alpha, scale = (torch.zeros((64, 64, 3), dtype=dtype, requires_grad=True) for _ in range(2))
    yuv = torch.tensor(common.YUV, dtype=dtype)

    def loss():
        a = 3 * torch.sigmoid(alpha + math.log(1 / 2))
        c = 1e-8 + (0.01 - 1e-8) * F.softplus(scale + math.log(math.e - 1))
        return (rho(wavelets(x @ yuv, 5), a, c) + torch.log(c) + log_z(a)).mean()

    return differentiated(loss, [x, alpha, scale])


def differentiated(loss, inputs):
    """run and check of a loss and the gradients of its sum."""
    kept = []

    def run():
        values = loss()
        kept[:] = [values.detach(), *(torch.autograd.grad(values.sum(), inputs) if inputs else [])]

    return run, lambda: [v.abs().double().sum().item() for v in kept]


def make():
    case, size, dtype = sys.argv[2], int(sys.argv[3]), getattr(torch, sys.argv[4])
    if case == "image":
        return image(dtype)
    tensor = lambda values, needed=False: torch.tensor(values, dtype=dtype, requires_grad=needed)
    x = common.residuals(size)
    if case == "copy":
        x = tensor(x)
        return differentiated(lambda: -x, [])
    if case in ("rho", "rho-dx"):
        x, alpha, c = tensor(x, case == "rho-dx"), tensor(common.SHARED_SHAPE), tensor(common.SHARED_SCALE)
        return differentiated(lambda: rho(x, alpha, c), [x] if case == "rho-dx" else [])
    if case == "rho-all":
        x, alpha, c = (tensor(v, True) for v in (x, common.shapes(size), common.scales(size)))
        return differentiated(lambda: rho(x, alpha, c), [x, alpha, c])
    if case == "nll":
        log_z = LogPartition(dtype)
        alpha, c = common.shapes(common.COLUMNS)[None], common.scales(common.COLUMNS)[None]
        x, alpha, c = (tensor(v, True) for v in (x.reshape(-1, common.COLUMNS), alpha, c))
        return differentiated(lambda: rho(x, alpha, c) + torch.log(c) + log_z(alpha), [x, alpha, c])
    raise SystemExit(f"there is no case {case}")


common.serve(f"PyTorch {torch.__version__}", make)
