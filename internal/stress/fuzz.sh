#!/bin/sh
# Runs every fuzz target of the project, one after the other, for FUZZTIME each (2m). Of that, making an interesting input
# shorter may take 2 s, not the usual 60 s, in which nothing new is tried.
cd "$(dirname "$0")/../.." || exit 1
failed=0
for package in $(grep -rlE '^func Fuzz' --include='*_test.go' robustloss gomlxops data experiments notebooks | xargs -n1 dirname | sort -u); do
	for target in $(grep -hoE '^func Fuzz[A-Za-z0-9_]*' "$package"/*_test.go | sed 's/^func //'); do
		echo "fuzz: ./$package $target"
		go test "./$package" -run '^$' -fuzz "^$target\$" -fuzztime "${FUZZTIME:-2m}" -fuzzminimizetime 2s || failed=1
	done
done
exit $failed
