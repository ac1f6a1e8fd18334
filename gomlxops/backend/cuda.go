package backend

import (
	"os"
	"path/filepath"
	"strings"
)

const (
	xlaFlags       = "XLA_FLAGS"
	cudaDataFlag   = "--xla_gpu_cuda_data_dir="
	cudaCheckFlag  = "GOPJRT_CUDA_CHECKS"
	cudaCheckIsOff = "0"
)

// prepareCUDA tells XLA where the Python packages put CUDA's libraries, if plugin is one of theirs:
//
//	site-packages/xla_plugins/xla_cuda13/xla_cuda_plugin.so
//	site-packages/nvidia/<package>/nvvm/libdevice
//
// The plugin itself knows its way to them; go-xla does not, and would warn at length that they are missing. Settings of
// the user are left alone.
func prepareCUDA(plugin string) {
	if !strings.Contains(filepath.Base(plugin), "cuda") {
		return
	}
	packages := filepath.Dir(filepath.Dir(filepath.Dir(plugin)))
	found, err := filepath.Glob(filepath.Join(escape(packages), "nvidia", "*", "nvvm", "libdevice"))
	if err != nil || len(found) == 0 {
		return
	}
	if os.Getenv(cudaCheckFlag) == "" {
		_ = os.Setenv(cudaCheckFlag, cudaCheckIsOff)
	}
	if flags := os.Getenv(xlaFlags); !strings.Contains(flags, cudaDataFlag) {
		data := filepath.Dir(filepath.Dir(found[0]))
		_ = os.Setenv(xlaFlags, strings.TrimSpace(flags+" "+cudaDataFlag+data))
	}
}
