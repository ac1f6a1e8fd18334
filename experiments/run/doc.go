// Package run keeps an experiment's runs on disk: what was asked, what was measured, where to continue, what came out.
//
// A run is a directory:
//
//	config.json     what was asked: experiment, hyperparameters, seed, versions, device, command
//	metrics.jsonl   one JSON object a line, appended as the run goes
//	checkpoints/    step-00000500/…: everything that the next step depends on
//	result.json     the outcome, with the whole config in it; it is there if and only if the run is finished
//	*.png, …        figures
//	lock            held by the one process that works here
//
// Everything but metrics.jsonl is written to a temporary name, synced and renamed, so a reader never sees half a file.
// A checkpoint holds the length of metrics.jsonl at its step; resuming cuts the file back to it. So a run that is
// killed at any point and started again ends with the numbers of a run that was never killed: bit for bit with the
// same backend and seed, provided that a step depends on nothing but the checkpoint and the step's number.
//
// Tables are made from result.json files only: see [ReadResults] and [Table].
package run
