"""The loss, the distribution and the image loss in JAX, transcribed from the paper's formulas, each in two forms.

The author's form writes a formula for each special value of α, chooses among them, and leaves the derivatives to JAX. The other
form is this library's way: the subexpressions that ρ and its derivatives share are computed once, and the derivatives are given.
"""

import math

import common
import jax
import jax.numpy as jnp
import numpy as np

# ---- ρ


def rho_author(x, alpha, c):
    dtype = x.dtype
    eps = jnp.finfo(dtype).eps
    z = (x / c) ** 2
    b = jnp.maximum(eps, jnp.abs(alpha - 2))
    a = jnp.where(alpha >= 0, 1, -1) * jnp.maximum(eps, jnp.abs(alpha))
    ordinary = (b / a) * ((z / b + 1) ** (0.5 * alpha) - 1)
    half = 0.5 * z
    loss = jnp.where(alpha == jnp.inf, jnp.expm1(jnp.minimum(half, 87.5)), ordinary)
    loss = jnp.where(alpha == -jnp.inf, -jnp.expm1(-half), loss)
    loss = jnp.where(alpha == 0, jnp.log1p(half), loss)
    return jnp.where(alpha == 2, half, loss)


KERNEL = [1 / math.factorial(k + 2) * (-1) ** k for k in range(12)]


def kernel(y):
    """K(y) = (e^−y − 1 + y)/y², by its series near 0."""
    series = jnp.zeros_like(y)
    near = jnp.clip(y, -1, 1)
    for coefficient in reversed(KERNEL):
        series = series * near + coefficient
    far = jnp.where(jnp.abs(y) < 1, 1, y)
    return jnp.where(jnp.abs(y) < 1, series, (jnp.exp(-far) - 1 + far) / (far * far))


def shared(x, alpha, c):
    """ρ, and what its derivatives need: one logarithm and one exponential."""
    eps = jnp.finfo(x.dtype).eps
    r = x / c
    z = r * r
    b = jnp.maximum(jnp.abs(alpha - 2), eps)
    v = 1 + z / b
    log_v = jnp.where(v == 1, z / b, jnp.log(v) * (z / b) / jnp.where(v == 1, 1, v - 1))
    t = 0.5 * alpha * log_v
    power = jnp.exp(t - log_v)  # v^(α/2−1)
    near = jnp.abs(t) < 0.3
    safe = jnp.where(near, 1, t)
    ratio = jnp.where(near, 1 + t / 2 * (1 + t / 3 * (1 + t / 4 * (1 + t / 5 * (1 + t / 6)))), (power * v - 1) / safe)
    return 0.5 * b * log_v * ratio, (r, b, v, log_v, t, power)


@jax.custom_vjp
def rho_ours(x, alpha, c):
    return shared(x, alpha, c)[0]


def rho_forward(x, alpha, c):
    rho, (r, b, v, log_v, t, power) = shared(x, alpha, c)
    psi = r / c * power
    in_alpha = 0.5 * jnp.sign(alpha - 2) * log_v * log_v * power * v * (kernel(log_v) - kernel(t))
    return rho, (psi, in_alpha, -r * psi, alpha, c)


def rho_backward(kept, v):
    psi, in_alpha, in_c, alpha, c = kept
    return v * psi, fold(v * in_alpha, alpha), fold(v * in_c, c)


def fold(v, like):
    """Sums over the axes along which a parameter was repeated."""
    if v.shape == like.shape:
        return v
    if like.ndim == 0:
        return v.sum()
    added = v.ndim - like.ndim
    v = v.sum(axis=tuple(range(added)))
    axes = tuple(i for i in range(like.ndim) if like.shape[i] == 1 and v.shape[i] != 1)
    return v.sum(axis=axes, keepdims=True)


rho_ours.defvjp(rho_forward, rho_backward)

# ---- the distribution

VALUES, SLOPES = None, None


def log_partition(alpha):
    """log Z by a cubic spline over the paper's curve of α."""
    global VALUES, SLOPES
    if VALUES is None:
        VALUES, SLOPES = common.log_partition_table()
    per_unit = (len(VALUES) - 1) / 12
    near = (9 * (alpha - 2)) / (4 * jnp.abs(alpha - 2) + 1) + alpha + 2
    far = 5 / 18 * jnp.log(4 * jnp.maximum(alpha, 4) - 15) + 8
    place = jnp.where(alpha < 4, near, far) * per_unit
    first = jnp.clip(jnp.floor(place), 0, len(VALUES) - 2).astype(jnp.int32)
    t = place - first
    values, slopes = jnp.asarray(VALUES, alpha.dtype), jnp.asarray(SLOPES, alpha.dtype)
    t2, t3 = t * t, t * t * t
    return (
        (2 * t3 - 3 * t2 + 1) * values[first]
        + (t3 - 2 * t2 + t) * slopes[first]
        + (3 * t2 - 2 * t3) * values[first + 1]
        + (t3 - t2) * slopes[first + 1]
    )


def nll(rho):
    return lambda x, alpha, c: rho(x, alpha, c) + jnp.log(c) + log_partition(alpha)


def sample(key, n, alpha, c, dtype):
    """Rejection: a Cauchy proposal, accepted with probability exp(ρ(x, 0) − ρ(x, α)), which is 1 at most for α ≥ 0."""

    def again(state):
        return ~jnp.all(state[2])

    def draw(state):
        key, samples, accepted = state
        key, first, second = jax.random.split(key, 3)
        proposal = math.sqrt(2) * jnp.tan(math.pi * (jax.random.uniform(first, (n,), dtype) - 0.5))
        one = jnp.ones((), dtype)
        take = jax.random.uniform(second, (n,), dtype) < jnp.exp(rho_author(proposal, 0 * one, one) - rho_author(proposal, alpha, one))
        return key, jnp.where(accepted, samples, proposal), accepted | take

    start = (key, jnp.zeros((n,), dtype), jnp.zeros((n,), bool))
    key, samples, _ = jax.lax.while_loop(again, draw, start)
    return key, c * samples


# ---- images


def yuv(x):
    return x @ jnp.asarray(common.YUV, x.dtype)


def wavelets_author(x, levels):
    """Each level filters rows and columns by strided convolutions of the reflected image; the bands are put side by side."""

    def along(planes, half, first, count, axis):
        taps = common.symmetric(half)
        reach = len(half) - 1
        pad = [(0, 0)] * 4
        pad[axis] = (reach, reach)
        padded = jnp.pad(planes, pad, mode="reflect")
        shape = [1, 1, 1, 1]
        shape[axis - 1] = len(taps)
        strides = [1, 1]
        strides[axis - 1] = 2
        begin = [slice(None)] * 4
        begin[axis] = slice(first, None)
        kernel = jnp.asarray(taps, planes.dtype).reshape(shape[:2] + [1, 1])
        out = jax.lax.conv_general_dilated(padded[tuple(begin)], kernel, strides, "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC"))
        return jax.lax.slice_in_dim(out, 0, count, axis=axis)

    def split(planes, axis):
        n = planes.shape[axis]
        low = along(planes, common.LOW, 0, (n + 1) // 2, axis)
        return jnp.concatenate([low, along(planes, common.HIGH, 1, n // 2, axis)], axis=axis)

    batch, height, width, channels = x.shape
    planes = jnp.transpose(x, (0, 3, 1, 2)).reshape(batch * channels, height, width, 1)

    def level(planes, left):
        if left == 0:
            return planes
        planes = split(split(planes, 1), 2)
        h, w = (planes.shape[1] + 1) // 2, (planes.shape[2] + 1) // 2
        top = jnp.concatenate([level(planes[:, :h, :w], left - 1), planes[:, :h, w:]], axis=2)
        return jnp.concatenate([top, planes[:, h:]], axis=1)

    return jnp.transpose(level(planes, levels).reshape(batch, channels, height, width), (0, 2, 3, 1))


def analysis_matrix(n):
    m = np.zeros((n, n))
    low = (n + 1) // 2
    for row in range(n):
        centre, half = (2 * row, common.LOW) if row < low else (2 * (row - low) + 1, common.HIGH)
        for offset in range(1 - len(half), len(half)):
            at, period = centre + offset, max(2 * (n - 1), 1)
            at %= period
            m[row][min(at, period - at)] += half[abs(offset)]
    return m


def wavelets_ours(x, levels):
    """Each level is a product with a matrix on either side."""
    planes = jnp.transpose(x, (0, 3, 1, 2))

    def level(planes, left):
        if left == 0:
            return planes
        h, w = planes.shape[2:]
        rows, columns = jnp.asarray(analysis_matrix(h), x.dtype), jnp.asarray(analysis_matrix(w), x.dtype)
        planes = jnp.einsum("ij,bcjk,lk->bcil", rows, planes, columns)
        h, w = (h + 1) // 2, (w + 1) // 2
        top = jnp.concatenate([level(planes[:, :, :h, :w], left - 1), planes[:, :, :h, w:]], axis=3)
        return jnp.concatenate([top, planes[:, :, h:]], axis=2)

    return jnp.transpose(level(planes, levels), (0, 2, 3, 1))


def affine_sigmoid(latent, low, high, init):
    return low + (high - low) * jax.nn.sigmoid(latent + math.log((init - low) / (high - init)))


def affine_softplus(latent, floor, init):
    return floor + (init - floor) * jax.nn.softplus(latent + math.log(math.e - 1))


FORMS = {"jax": (rho_author, wavelets_author), "jax-ours": (rho_ours, wavelets_ours), "jax-resize": (rho_ours, wavelets_ours)}
