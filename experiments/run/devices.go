package run

import (
	"fmt"
	"iter"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/distributed"
	"github.com/gomlx/gomlx/core/tensors/dtensor"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
)

// CheckDevices returns an error where a training cannot be split over so many devices: the backend has fewer, or the batch
// does not split evenly. 0 and 1 mean one device, which always works.
func CheckDevices(backend compute.Backend, devices, batch int) error {
	switch {
	case devices < 0:
		return fmt.Errorf("the number of devices must not be negative, it is %d", devices)
	case devices <= 1:
		return nil
	case devices > backend.NumDevices():
		return fmt.Errorf("%d devices are asked for, and the backend %s has %d", devices, backend.Name(), backend.NumDevices())
	case batch%devices != 0:
		return fmt.Errorf("a batch of %d does not split evenly over %d devices: choose a number of devices that divides it", batch, devices)
	}
	return nil
}

// batchAxis is the one axis of the mesh of devices.
const batchAxis = "batch"

// shardedBatches is a train.DistributedDataset for data-parallel training: each device gets an equal part of every batch,
// along the first axis, and a copy of all variables. The graph is that of the whole batch; XLA's partitioner puts the sums
// over the devices where they are needed, so a step computes what it computes on one device, to rounding.
type shardedBatches struct {
	steppedBatches
	mesh *distributed.DeviceMesh
}

// shareBatches splits batches over devices, and has the trainer copy its variables to each of them.
func shareBatches(batches steppedBatches, devices int, trainer *train.Trainer) (train.Dataset, error) {
	mesh, err := distributed.NewDeviceMesh([]int{devices}, []string{batchAxis})
	if err != nil {
		return nil, fmt.Errorf("cannot use %d devices: %w", devices, err)
	}
	// The trainer leaves open where variables are, and building a graph with such variables fails. The state of the random
	// numbers does not take the default over (GoMLX 0.28.1 makes it without its store), so each variable is told apart.
	replicated := distributed.NewReplicatedShardingSpec(mesh)
	for v := range trainer.Store().IterVariables() {
		if err := v.SetShardingSpec(replicated); err != nil {
			return nil, fmt.Errorf("cannot copy the variable %s to %d devices: %w", v.Path(), devices, err)
		}
	}
	trainer.OnExecCreation(func(exec *model.Exec, _ train.GraphType) {
		if err := exec.SetDefaultShardingSpec(replicated); err != nil {
			panic(err)
		}
	})
	return &shardedBatches{batches, mesh}, nil
}

// Strategy is GoMLX's AutoSharding.
func (*shardedBatches) Strategy() distributed.Strategy { return distributed.AutoSharding }

// DeviceAssignment is the backend's devices 0, 1, ….
func (d *shardedBatches) DeviceAssignment() []compute.DeviceNum {
	assignment := make([]compute.DeviceNum, d.mesh.NumDevices())
	for i := range assignment {
		assignment[i] = compute.DeviceNum(i)
	}
	return assignment
}

// DistributedIter yields the batches from the first step on, split.
func (d *shardedBatches) DistributedIter() iter.Seq2[train.DistributedBatch, error] {
	return func(yield func(train.DistributedBatch, error) bool) {
		for batch, err := range d.Iter() {
			var split train.DistributedBatch
			if err == nil {
				split, err = d.split(batch)
			}
			if !yield(split, err) || err != nil {
				return
			}
		}
	}
}

// split divides a batch's tensors along their first axis, and gives the whole ones back.
func (d *shardedBatches) split(batch train.Batch) (train.DistributedBatch, error) {
	result := train.DistributedBatch{Spec: batch.Spec}
	if len(batch.Labels) > 0 {
		return result, fmt.Errorf("batches with labels are not split over devices: give them as inputs")
	}
	for i, t := range batch.Inputs {
		if t.Rank() == 0 {
			return result, fmt.Errorf("input %d of the batch is a scalar: it has no first axis to split over devices", i)
		}
		spec := distributed.BuildSpec(d.mesh).S(batchAxis)
		for range t.Rank() - 1 {
			spec = spec.R()
		}
		sharding, err := spec.Done()
		if err != nil {
			return result, err
		}
		shards, err := dtensor.ShardTensor(sharding, t)
		if err != nil {
			return result, fmt.Errorf("cannot split input %d of the batch over devices: %w", i, err)
		}
		if err := t.FinalizeAll(); err != nil {
			return result, err
		}
		result.Inputs = append(result.Inputs, shards)
	}
	return result, nil
}
