// RUN: keops-opt %s --convert-tile-to-cpu --split-input-file --verify-diagnostics

// expected-error@+1 {{is not launched by any plan}}
tile.kernel @orphan(%x: !tile.table<1xf32, i>) {
}

// -----

// expected-error@+1 {{has a schedule for GPUs: run convert-tile-to-gpu first}}
tile.kernel @of_gpus(%x: !tile.table<1xf32, i>)
    attributes {schedules = [#tile.schedule<gpu, rows = 128, cols = 128, lanes = 128, rowsPerLane = 1, unroll = 1>]} {
}
tile.plan @gpu_plan(%x: !tile.table<1xf32, i>) attributes {inputs = 1 : i64} {
  launch @of_gpus(%x) : <1xf32, i>
}

// -----

// expected-error@+1 {{has no schedule: run tile-schedule first}}
tile.kernel @unscheduled(%x: !tile.table<1xf32, i>) {
}
tile.plan @plan(%x: !tile.table<1xf32, i>) attributes {inputs = 1 : i64} {
  launch @unscheduled(%x) : <1xf32, i>
}
