package show

import "testing"

func TestLegend_NamesEveryLabelOnce(t *testing.T) {
	var l legend
	if l.width() != 0 {
		t.Error("an empty legend takes room")
	}
	l.collect([]drawn{{layer: layer{label: "a"}}, {layer: layer{label: ""}}, {layer: layer{label: "b"}}})
	l.collect([]drawn{{layer: layer{label: "a"}}, {layer: layer{label: "c"}}})
	var got string
	for _, e := range l.entries {
		got += e.label
	}
	if got != "abc" {
		t.Errorf("entries are %q, want each label once, in order", got)
	}
	narrow := l.width()
	l.collect([]drawn{{layer: layer{label: "a much longer label"}}})
	if l.width() <= narrow {
		t.Error("a longer label takes no more room")
	}
}
