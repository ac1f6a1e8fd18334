package build

import "testing"

func TestPieces_CoverTheIntervalWithinTheTolerance(t *testing.T) {
	pieces := Pieces(true, 6, 1e-6)
	for i, piece := range pieces {
		if _, worst := Fit(piece.Lo, piece.Hi, true, 6); worst > 1e-6 {
			t.Errorf("[%g, %g]: error %g", piece.Lo, piece.Hi, worst)
		}
		if i > 0 && piece.Lo != pieces[i-1].Hi {
			t.Errorf("gap at %g", piece.Lo)
		}
	}
	if pieces[0].Lo != 0 || pieces[len(pieces)-1].Hi != 1 {
		t.Errorf("pieces cover [%g, %g]", pieces[0].Lo, pieces[len(pieces)-1].Hi)
	}
}
