// systemc.cpp - bench-trace: SystemC's sc_trace into a VCD; the steps run under its kernel, which compares every
// traced value at every step.
#include <systemc>

#include "tests/bench/trace/workload.h"

static double write_trace(struct workload *w, const char *path)
{
    static uint32_t value[SPARSE];
    char stem[600], name[16];
    double begin = cpu_ns();

    std::snprintf(stem, sizeof stem, "%.*s", (int)(strlen(path) - 4), path);   // it adds ".vcd"
    sc_core::sc_trace_file *to = sc_core::sc_create_vcd_trace_file(stem);
    to->set_time_unit(1, sc_core::SC_PS);
    for (uint32_t i = 0; i < w->signals; i++) {
        std::snprintf(name, sizeof name, "s%u", (unsigned)i);
        sc_core::sc_trace(to, value[i], name);
    }
    for (uint64_t s = 0; s < w->steps; s++) {
        for (uint32_t k = 0; k < DENSE; k++) {
            uint32_t v, i = change(w, s, k, &v);
            value[i] = v;
        }
        sc_core::sc_start(1, sc_core::SC_NS);
    }
    sc_core::sc_close_vcd_trace_file(to);
    return cpu_ns() - begin;
}

int sc_main(int argc, char **argv)
{
    sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
    sc_core::sc_report_handler::set_actions(sc_core::SC_WARNING, sc_core::SC_DO_NOTHING);
    for (int sparse = 0; sparse < 2; sparse++)
        for (int d = COUNTERS; d < NDATA; d++)
            measure("systemc-vcd", "vcd", write_trace, sparse, (enum data)d, changes_of(argc, argv));
    return 0;
}
