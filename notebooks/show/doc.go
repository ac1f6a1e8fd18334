// Package show is what the notebooks use to show things: text with formulas, tables, plots, progress, and checks that
// fail a cell when a claim in the text is false.
//
// A cell of a GoNB notebook is a program of its own, so a cell should hold the lesson and nothing else. The rest lives
// here:
//
//	show.NewPlot("Loss", "residual x/c", "ρ").XRange(0, 5).Func("α = 0", math.Log1p).Show()
//	show.NewTable("α", "ρ(10)").Row(2.0, 50.0).Row(0.0, 3.93).Show()
//	show.CheckNear("ρ(1, 1, 1) = √2 − 1", got, math.Sqrt2-1, 1e-15)
//	show.NewImages("faces", 8).Add("truth", show.RGBImage(values, 64, 64)).Show()
//
// Outside a notebook (in a test, or under go run) text, tables and checks are printed as plain text, and plots are drawn
// but shown nowhere; [WritePNG] puts them into a file.
package show
