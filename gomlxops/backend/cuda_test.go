package backend

import (
	"os"
	"path/filepath"
	"testing"
)

func TestPrepareCUDA(t *testing.T) {
	packages := t.TempDir()
	plugin := filepath.Join(packages, "xla_plugins", "xla_cuda13", "xla_cuda_plugin.so")
	data := filepath.Join(packages, "nvidia", "cu13")
	set := func(flags string) {
		t.Setenv(xlaFlags, flags)
		t.Setenv(cudaCheckFlag, "")
	}
	check := func(flags, check string) {
		t.Helper()
		if got := os.Getenv(xlaFlags); got != flags {
			t.Errorf("%s is %q, want %q", xlaFlags, got, flags)
		}
		if got := os.Getenv(cudaCheckFlag); got != check {
			t.Errorf("%s is %q, want %q", cudaCheckFlag, got, check)
		}
	}
	set("")
	prepareCUDA(plugin)
	check("", "") // the libraries are not there: go-xla's warning is right

	write(t, filepath.Join(data, "nvvm", "libdevice", "libdevice.10.bc"), "")
	prepareCUDA(filepath.Join(packages, "xla_plugins", "xla_cpu_pjrt", "xla_cpu_pjrt.so"))
	check("", "")
	prepareCUDA(plugin)
	check(cudaDataFlag+data, cudaCheckIsOff)

	set("--xla_dump_to=here")
	prepareCUDA(plugin)
	check("--xla_dump_to=here "+cudaDataFlag+data, cudaCheckIsOff)

	set(cudaDataFlag + "mine")
	prepareCUDA(plugin)
	check(cudaDataFlag+"mine", cudaCheckIsOff)
}
