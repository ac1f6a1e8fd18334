"""The training steps of the experiments' networks in JAX: forward, backward and Adam, with the weights in a dictionary."""

import math

import common
import jax
import jax.numpy as jnp
import numpy as np
from jax_loss import FORMS, affine_sigmoid, affine_softplus, nll, yuv

DIMENSIONS = ("NHWC", "HWIO", "NHWC")


def convolution(x, kernel, stride=1):
    return jax.lax.conv_general_dilated(x, kernel, (stride, stride), "SAME", dimension_numbers=DIMENSIONS)


# Three ways to enlarge an image twice with a kernel `[5, 5, outputs, channels]`.


def transposed(x, kernel):
    return jax.lax.conv_transpose(x, kernel, (2, 2), "SAME", dimension_numbers=DIMENSIONS, transpose_kernel=True)


def phases(x, kernel):
    """The same by one 3×3 convolution that makes all four pixels of a block."""
    _, _, outputs, channels = kernel.shape
    k = jnp.pad(kernel, ((1, 0), (1, 0), (0, 0), (0, 0))).reshape(3, 2, 3, 2, outputs, channels)[::-1, :, ::-1]
    k = jnp.transpose(k, (0, 2, 5, 1, 3, 4)).reshape(3, 3, channels, 4 * outputs)
    batch, height, width, _ = x.shape
    y = convolution(x, k).reshape(batch, height, width, 2, 2, outputs)
    return jnp.transpose(y, (0, 1, 3, 2, 4, 5)).reshape(batch, 2 * height, 2 * width, outputs)


def resize(x, kernel):
    """Another map: each pixel repeated, and a convolution."""
    return convolution(jnp.repeat(jnp.repeat(x, 2, 1), 2, 2), jnp.transpose(kernel, (0, 1, 3, 2)))


UPSAMPLING = {"jax": transposed, "jax-ours": phases, "jax-resize": resize}


def adam(rate):
    def update(step, w, g, m, s):
        m = 0.9 * m + 0.1 * g
        s = 0.999 * s + 0.001 * g * g
        return w - rate * (m / (1 - 0.9**step)) / (jnp.sqrt(s / (1 - 0.999**step)) + 1e-8), m, s

    return update


def trained(loss, params, batch, rate, key):
    """A training step of the loss, compiled, and its first loss. Each step gets its batch from the host, and the old weights are given up."""
    update = adam(rate)

    def step(state, key, *batch):
        params, first, second, count = state
        key, noise = jax.random.split(key)
        value, gradients = jax.value_and_grad(loss)(params, noise, *batch)
        new = {name: update(count + 1.0, params[name], gradients[name], first[name], second[name]) for name in params}
        pick = lambda i: {name: parts[i] for name, parts in new.items()}
        return (pick(0), pick(1), pick(2), count + 1.0), key, value

    compiled = jax.jit(step, donate_argnums=(0, 1))
    zeros = lambda: {name: jnp.zeros_like(w) for name, w in params.items()}
    kept = {"state": ({n: jnp.asarray(w) for n, w in params.items()}, zeros(), zeros(), jnp.float32(0)), "key": key, "losses": []}

    def run():
        kept["state"], kept["key"], value = compiled(kept["state"], kept["key"], *batch)
        value = float(value)
        if not kept["losses"]:
            kept["losses"].append(value)

    return run, lambda: kept["losses"]


# ---- the VAE

BATCH, SIDE, LATENT, WIDTH, COMPONENTS, LEVELS = 16, 64, 16, 32, 100, 5
ENCODER = [1, 1, 2, 2, 4]
DECODER = [4, 4, 2, 2, 1, 1]


def leaky(x):
    return jnp.where(x >= 0, x, 0.2 * x)


def unit_softplus(x):
    return jax.nn.softplus(x + math.log(math.e - 1))


def log_normal(u, log_scale):
    return jnp.sum(-0.5 * u * u - log_scale - 0.5 * math.log(2 * math.pi), axis=-1)


def vae_weights():
    w, channels = {}, 3
    for i, c in enumerate([WIDTH * e for e in ENCODER] + [4 * LATENT]):
        w[f"encoder/{i}"], w[f"encoder/{i}/bias"] = common.weights((5, 5, channels, c)), np.zeros(c, np.float32)
        channels = c
    w["posterior"], w["posterior/bias"] = common.weights((channels, 2 * LATENT)), np.zeros(2 * LATENT, np.float32)
    channels = LATENT
    for i, c in enumerate(WIDTH * d for d in DECODER):
        w[f"decoder/{i}"], w[f"decoder/{i}/bias"] = common.weights((5, 5, c, channels)), np.zeros(c, np.float32)
        channels = c
    w["image"], w["image/bias"] = common.weights((5, 5, channels, 3)), np.zeros(3, np.float32)
    w["location"], w["raw_scale"] = common.weights((COMPONENTS, LATENT)), common.weights((COMPONENTS, LATENT))
    w["logits"] = np.zeros(COMPONENTS, np.float32)
    w["alpha"], w["scale"] = np.zeros((SIDE, SIDE, 3), np.float32), np.zeros((SIDE, SIDE, 3), np.float32)
    return w


def vae(form):
    rho, wavelets = FORMS[form]
    enlarge = UPSAMPLING[form]

    def loss(w, key, x):
        h = 2 * x - 1
        for i in range(len(ENCODER) + 1):
            h = leaky(convolution(h, w[f"encoder/{i}"], 2) + w[f"encoder/{i}/bias"])
        out = h.reshape(BATCH, -1) @ w["posterior"] + w["posterior/bias"]
        location, scale = out[:, :LATENT], unit_softplus(out[:, LATENT:])
        z = location + scale * jax.random.normal(key, (BATCH, LATENT), x.dtype)
        components = unit_softplus(w["raw_scale"])
        u = (z[:, None] - w["location"]) / components
        prior = jax.nn.logsumexp(log_normal(u, jnp.log(components)) + jax.nn.log_softmax(w["logits"]), axis=-1)
        rate = log_normal((z - location) / scale, jnp.log(scale)) - prior
        h = z.reshape(BATCH, 1, 1, LATENT)
        for i in range(len(DECODER)):
            h = leaky(enlarge(h, w[f"decoder/{i}"]) + w[f"decoder/{i}/bias"])
        image = jax.nn.sigmoid(convolution(h, w["image"]) + w["image/bias"])
        coefficients = wavelets(yuv(x - image), LEVELS)
        alpha, c = affine_sigmoid(w["alpha"], 0, 3, 1), affine_softplus(w["scale"], 1e-8, 0.01)
        return jnp.mean(jnp.sum(nll(rho)(coefficients, alpha, c), axis=(1, 2, 3)) + rate)

    return trained(loss, vae_weights(), (common.pictures(BATCH, SIDE, SIDE),), 1e-3, jax.random.key(1))


# ---- depth

HEIGHT, COLUMNS = 32, 96
STAGES = [12, 24, 32, 32]
LARGEST, SMALLEST, INITIAL = 12.0, 0.02, 2.6


def depth_weights():
    w = {}

    def layer(name, channels, outputs):
        w[name], w[name + "/bias"] = common.weights((3, 3, channels, outputs)), np.zeros(outputs, np.float32)
        return outputs

    channels = 5
    for i, c in enumerate(STAGES):
        channels = layer(f"encoder/{i}", channels, c)
    channels = layer("up", channels, STAGES[2])
    channels = layer("join", channels + STAGES[2], STAGES[2])
    layer("head", channels, 1)
    w["alpha"] = np.zeros((HEIGHT, COLUMNS, 3), np.float32)
    return w


def levels_of(height, width, levels):
    level = np.zeros((height, width))
    for d in range(1, levels + 1):
        level[: -(-height // 2**d), : -(-width // 2**d)] = d
    return level[:, :, None]


def warp(image, disparity):
    """Each pixel of the image that lies disparity to the left, and whether that is inside."""
    width = image.shape[2]
    x = jnp.arange(width, dtype=image.dtype)[None, None, :, None] - disparity
    left = jax.lax.stop_gradient(jnp.floor(jnp.clip(x, -2, width + 1)))
    fraction = jnp.clip(x, -2, width + 1) - left

    def at(column):
        inside = ((column >= 0) & (column <= width - 1)).astype(image.dtype)
        return jnp.take_along_axis(image, jnp.clip(column, 0, width - 1).astype(jnp.int32), axis=2) * inside

    valid = ((x >= 0) & (x <= width - 1)).astype(image.dtype)
    return at(left) * (1 - fraction) + at(left + 1) * fraction, jax.lax.stop_gradient(valid)


def depth(form):
    rho, wavelets = FORMS[form]
    batch, levels = 8, 4
    level = levels_of(HEIGHT, COLUMNS, levels)
    share = (INITIAL - SMALLEST) / LARGEST
    rows = (np.arange(HEIGHT) * 2 / HEIGHT + 1 / HEIGHT - 1)[None, :, None, None]
    columns = (np.arange(COLUMNS) * 2 / COLUMNS + 1 / COLUMNS - 1)[None, None, :, None]

    def loss(w, _, left, right):
        def layer(name, x, stride=1):
            return jax.nn.relu(convolution(x, w[name], stride) + w[name + "/bias"])

        place = [jnp.broadcast_to(p, (batch, HEIGHT, COLUMNS, 1)).astype(left.dtype) for p in (columns, rows)]
        x = jnp.concatenate([2 * left - 1] + place, axis=-1)
        skips = []
        for i in range(len(STAGES)):
            x = layer(f"encoder/{i}", x, 1 if i == 0 else 2)
            skips.append(x)
        x = layer("up", jnp.repeat(jnp.repeat(x, 2, 1), 2, 2))
        x = layer("join", jnp.concatenate([x, skips[2]], axis=-1))
        raw = 0.1 * (convolution(x, w["head"]) + w["head/bias"]) + math.log(share / (1 - share))
        disparity = LARGEST * jax.nn.sigmoid(raw) + SMALLEST
        disparity = jax.image.resize(disparity, (batch, HEIGHT, COLUMNS, 1), "linear", antialias=False)
        warped, valid = warp(right, disparity)
        coefficients = wavelets(yuv((left - warped) * valid), levels) * (0.5**level).astype(left.dtype)
        alpha = affine_sigmoid(w["alpha"], 0, 2, 1)
        losses = nll(rho)(coefficients, alpha, jnp.asarray(0.01, left.dtype))
        return jnp.mean(losses * (2.0**level).astype(left.dtype))

    images = common.pictures(batch, HEIGHT, COLUMNS), common.pictures(batch, HEIGHT, COLUMNS, 2.0)
    return trained(loss, depth_weights(), images, 1e-3, jax.random.key(1))
