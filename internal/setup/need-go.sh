#!/bin/sh
# Says in one line what is missing where Go is absent or too old. Everything else is checked by the Go program beside it.
how='install it from https://go.dev/dl/'
if ! command -v go >/dev/null 2>&1; then
	echo "setup: Go is missing (1.26 or newer): $how" >&2
	exit 1
fi
version=$(cd / && go env GOVERSION 2>/dev/null) # of the installed Go, not of the one that go.mod asks for
number=${version#go}
major=${number%%.*}
rest=${number#*.}
minor=${rest%%[!0-9]*}
case "$major$minor" in
'' | *[!0-9]*) exit 0 ;; # a development version
esac
if [ "$major" -eq 1 ] && [ "${minor:-0}" -lt 26 ]; then
	echo "setup: $(command -v go) is $version, too old (1.26 or newer is needed): $how" >&2
	exit 1
fi
