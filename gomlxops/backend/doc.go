// Package backend opens the backend that computes GoMLX graphs: XLA where one of its plugins is installed, and GoMLX's
// own pure-Go backend where there is none.
//
//	b, err := backend.New()
//
// It never downloads anything and never panics. What [New] gives, in this order:
//
//   - what the environment variable GOMLX_BACKEND says (see [NewWithConfig]); if that cannot be had, an error;
//   - XLA with an installed PJRT plugin, one for CUDA before one for the CPU;
//   - the pure-Go backend, with one line on stderr that says why, and how to get XLA.
//
// Plugins are looked for, in this order, in
//
//   - the folders of PJRT_PLUGIN_LIBRARY_PATH;
//   - the Python environment of VIRTUAL_ENV, then the one called .venv beside the go.mod that the working folder belongs
//     to: in lib/pjrt, where this project's set-up links them, and where the Python packages xla-cpu-pjrt and
//     jax-cuda13-pjrt put them;
//   - the folders of GoMLX's own installer, ~/.local/lib/go-xla and /usr/local/lib/go-xla.
//
// # What it changes in the process
//
// Opening a CUDA plugin of the Python packages sets two environment variables, for the whole process and the programs that it
// starts, so that XLA finds the CUDA libraries that came with the plugin:
//
//   - XLA_FLAGS gets --xla_gpu_cuda_data_dir=<site-packages>/nvidia/<package> added, unless that flag is there already;
//   - GOPJRT_CUDA_CHECKS is set to 0, unless it has a value: go-xla looks for these libraries elsewhere, and would warn.
//
// Set either yourself before [New], and it is left alone. Only plugins whose file name contains "cuda" do this; opening XLA
// for the CPU, or pure Go, sets nothing. Importing the package turns off go-xla's download of plugins (xla.EnableAutoInstall)
// for the whole program.
//
// # Limits
//
// Programs built without cgo, with the tag noxla, or for a platform that go-xla does not support, have only the pure-Go
// backend.
package backend
