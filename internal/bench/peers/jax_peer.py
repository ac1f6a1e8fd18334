"""A worker in JAX: python jax_peer.py FORM CASE SIZE DTYPE, where FORM is jax, jax-ours or jax-resize."""

import sys

import common
import jax

jax.config.update("jax_enable_x64", sys.argv[4] == "float64")

import jax.numpy as jnp  # noqa: E402  (after the configuration)
import jax_loss  # noqa: E402
import jax_models  # noqa: E402


def compiled(function, *inputs):
    """run and check of a function of arrays that are on the device."""
    jitted = jax.jit(function)
    inputs = jax.block_until_ready([jnp.asarray(v) for v in inputs])
    kept = []

    def run():
        kept[:] = jax.block_until_ready(jitted(*inputs))

    return run, lambda: [jnp.sum(jnp.abs(v.astype(jnp.float32) if v.size < 1e5 else v)) for v in kept]


def make():
    form, case, size, dtype = sys.argv[1], sys.argv[2], int(sys.argv[3]), jnp.dtype(sys.argv[4])
    if case == "vae":
        return jax_models.vae(form)
    if case == "depth":
        return jax_models.depth(form)
    if case == "image":
        return image(form)
    if case == "sample":
        return samples(size, dtype)
    rho, _ = jax_loss.FORMS[form]
    x = common.residuals(size).astype(dtype)
    alpha, c = jnp.asarray(common.SHARED_SHAPE, dtype), jnp.asarray(common.SHARED_SCALE, dtype)
    if case == "copy":
        return compiled(lambda x: [-x], x)
    if case == "rho":
        return compiled(lambda x, a, c: [rho(x, a, c)], x, alpha, c)
    if case == "rho-dx":
        return compiled(with_gradients(rho, (0,)), x, alpha, c)
    if case == "rho-all":
        return compiled(with_gradients(rho, (0, 1, 2)), x, common.shapes(size).astype(dtype), common.scales(size).astype(dtype))
    if case == "nll":
        alpha, c = common.shapes(common.COLUMNS).astype(dtype), common.scales(common.COLUMNS).astype(dtype)
        return compiled(with_gradients(jax_loss.nll(rho), (0, 1, 2)), x.reshape(-1, common.COLUMNS), alpha[None], c[None])
    raise SystemExit(f"there is no case {case}")


def with_gradients(loss, arguments):
    """A loss, elementwise, and the gradients of its sum."""

    def both(*inputs):
        def total(*inputs):
            values = loss(*inputs)
            return jnp.sum(values), values

        (_, values), gradients = jax.value_and_grad(total, arguments, has_aux=True)(*inputs)
        return [values, *gradients]

    return both


def image(form):
    rho, wavelets = jax_loss.FORMS[form]

    def loss(x, alpha, scale):
        a, c = jax_loss.affine_sigmoid(alpha, 0, 3, 1), jax_loss.affine_softplus(scale, 1e-8, 0.01)
        return jnp.mean(jax_loss.nll(rho)(wavelets(jax_loss.yuv(x), 5), a, c))

    def both(*inputs):
        value, gradients = jax.value_and_grad(loss, (0, 1, 2))(*inputs)
        return [value, *gradients]

    x = common.pictures(8, 64, 64) - common.pictures(8, 64, 64, 0.7)
    zeros = jnp.zeros((64, 64, 3), jnp.float32)
    return compiled(both, x, zeros, zeros)


def samples(size, dtype):
    one = jnp.ones((), dtype)
    jitted = jax.jit(lambda key: jax_loss.sample(key, size, one, one, dtype))
    kept = {"key": jax.random.key(1)}

    def run():
        kept["key"], kept["samples"] = jax.block_until_ready(jitted(kept["key"]))

    return run, lambda: [jnp.mean(jnp.log1p(jnp.abs(kept["samples"])))]


common.serve(f"JAX {jax.__version__}", make)
