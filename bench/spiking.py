"""The networks of bench/spiking.cpp in Brian2's C++ standalone mode: one process, one thread.

Prints a line a figure: <network>, wall seconds a biological second of the simulation alone;
<network>_hz, the mean rate in that time; <network>_compile, seconds of generating and compiling code,
which are left out of the first.
"""

import logging
import sys
import tempfile
import time
import warnings

warnings.simplefilter("ignore")  # of what Brian2 imports

import brian2 as b2
from brian2 import Hz, ms, mV

COMPILER_OPTIONS = ["-w", "-O3", "-march=native", "-ffast-math"]

PAIR_STDP = """w : volt
dx/dt = -x / (20*ms) : volt (event-driven)
dy/dt = -y / (20*ms) : volt (event-driven)"""


def pair_stdp(source, target, variable, plus, minus, highest, **more):
    within = {"namespace": {"plus": plus, "minus": minus, "highest": highest}}
    return b2.Synapses(
        source,
        target,
        PAIR_STDP,
        on_pre=f"{variable}_post += w\nx += plus\nw = clip(w + y, 0*mV, highest)",
        on_post="y -= minus\nw = clip(w + x, 0*mV, highest)",
        **within,
        **more,
    )


def cuba(with_stdp):
    """A spike reaches g in its own step here and V in the next: a delay of 0.1 ms there."""
    neurons = b2.NeuronGroup(
        4000,
        """dv/dt = (ge + gi - (v + 49*mV)) / (20*ms) : volt (unless refractory)
        dge/dt = -ge / (5*ms) : volt
        dgi/dt = -gi / (10*ms) : volt""",
        threshold="v > -50*mV",
        reset="v = -60*mV",
        refractory=5 * ms,
        method="exact",
    )
    neurons.v = "-60*mV + rand() * 10*mV"
    if with_stdp:
        excitatory = pair_stdp(neurons[:3200], neurons, "ge", 0.0162 * mV, 0.0170 * mV, 3.24 * mV)
    else:
        excitatory = b2.Synapses(neurons[:3200], neurons, on_pre="ge_post += 1.62*mV")
    inhibitory = b2.Synapses(neurons[3200:], neurons, on_pre="gi_post -= 9*mV")
    for synapses in (excitatory, inhibitory):
        synapses.connect(p=0.02)
    if with_stdp:
        excitatory.w = 1.62 * mV
    return [neurons, excitatory, inhibitory]


def brunel(with_stdp):
    """Connections by probability, with the mean in-degree of those there."""
    neurons = b2.NeuronGroup(
        12500,
        "dv/dt = -v / (20*ms) : volt (unless refractory)",
        threshold="v > 20*mV",
        reset="v = 0*mV",
        refractory=2 * ms,
        method="exact",
    )
    e, i = neurons[:10000], neurons[10000:]
    static = {"on_pre": "v_post += 0.1*mV", "delay": 1.5 * ms}
    if with_stdp:
        among = pair_stdp(e, e, "v", 0.001 * mV, 0.00105 * mV, 0.2 * mV, delay=1.5 * ms)
        excitatory = [among, b2.Synapses(e, i, **static)]
    else:
        excitatory = [b2.Synapses(e, neurons, **static)]
    inhibitory = b2.Synapses(i, neurons, on_pre="v_post -= 0.5*mV", delay=1.5 * ms)
    for synapses in (*excitatory, inhibitory):
        synapses.connect(p=0.1)
    if with_stdp:
        among.w = 0.1 * mV
    drive = b2.PoissonInput(neurons, "v", 1000, 20 * Hz, weight=0.1 * mV)
    return [neurons, *excitatory, inhibitory, drive]


def measure(name, build, with_stdp, warm_up_ms, time_ms, repeats):
    with tempfile.TemporaryDirectory() as folder:
        b2.set_device("cpp_standalone", build_on_run=False, directory=folder)
        start = time.perf_counter()
        b2.seed(1)
        b2.defaultclock.dt = 0.1 * ms
        parts = build(with_stdp)
        spikes = b2.SpikeMonitor(parts[0], record=False)
        network = b2.Network(parts, spikes)
        spikes.active = False
        network.run(warm_up_ms * ms)
        spikes.active = True
        network.run(time_ms * ms)
        b2.device.build(directory=folder, compile=True, run=False)
        print(f"{name}_compile", time.perf_counter() - start, flush=True)
        best = float("inf")
        for _ in range(repeats):
            b2.device.run(folder, with_output=False, run_args=[])
            best = min(best, b2.device._last_run_time)  # of the second run() alone
        print(name, best / (1e-3 * time_ms), flush=True)
        print(f"{name}_hz", spikes.num_spikes / len(parts[0]) / (1e-3 * time_ms), flush=True)
        b2.device.reinit()
        b2.device.activate(build_on_run=False)


if __name__ == "__main__":
    logging.getLogger("brian2").setLevel(logging.ERROR)
    b2.prefs.codegen.cpp.extra_compile_args_gcc = COMPILER_OPTIONS
    # Warm-up and time as in bench/spiking.cpp.
    networks = {
        "cuba": (cuba, False, 200, 1000, 5),
        "cuba_stdp": (cuba, True, 200, 1000, 5),
        "brunel": (brunel, False, 100, 200, 2),
        "brunel_stdp": (brunel, True, 100, 100, 1),
    }
    for name in sys.argv[1:] or networks:
        measure(name, *networks[name])
