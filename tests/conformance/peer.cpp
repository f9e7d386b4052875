// peer.cpp - runs described networks on the SystemC reference kernel: reads descriptions from FILE, writes its version and
// for each network a line "log N" and N lines of numbers. The reference can elaborate once a program, so each has a child.
#include "tests/conformance/procnet.h"

#include <systemc>

#include <cstdlib>
#include <memory>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

using namespace sc_core;

namespace {

sc_time fs(uint64_t t) { return sc_time::from_value(t); }

struct Signal {                                // one of the three
    std::unique_ptr<sc_signal<bool>> bit;
    std::unique_ptr<sc_signal<unsigned>> word;
    std::unique_ptr<sc_clock> clock;
    sc_signal<bool> *one() const { return clock ? clock.get() : bit.get(); }
};

struct Process;
struct Shared {
    net *n;
    std::vector<std::unique_ptr<Process>> proc;
    net_log log;
    std::vector<Signal> signal;
    std::vector<std::unique_ptr<sc_event>> user;
    std::vector<std::unique_ptr<sc_fifo<unsigned>>> fifo;

    const sc_event &event(uint32_t k) const
    {
        const net_event &e = n->event[k];
        if (e.edge == NET_USER)
            return *user[k];
        const Signal &s = signal[e.of];
        return e.edge == NET_ROSE ? s.one()->posedge_event() : e.edge == NET_FELL ? s.one()->negedge_event()
             : s.word ? s.word->value_changed_event() : s.one()->value_changed_event();
    }
};

struct Process : sc_module {
    Shared &sh;
    const net_proc &p;
    net_run run;
    sc_process_handle handle;
    std::vector<sc_event_or_list> any;         // by operation: a list lives until it is satisfied
    std::vector<sc_event_and_list> all;
    SC_HAS_PROCESS(Process);
    Process(sc_module_name name, Shared &shared, uint32_t index);
    void thread();
    void method();
    sc_time limit(const net_op *w) const { return fs(net_delay(&run, w)); }
};

Process *me(void *self) { return static_cast<Process *>(self); }
uint64_t host_now(void *) { return sc_time_stamp().value(); }
uint32_t host_delta(void *) { return uint32_t(sc_delta_count()); }
void host_notify(void *self, uint32_t k, uint64_t t) { me(self)->sh.user[k]->notify(fs(t)); }
void host_notify_now(void *self, uint32_t k) { me(self)->sh.user[k]->notify(); }
void host_cancel(void *self, uint32_t k) { me(self)->sh.user[k]->cancel(); }
bool host_triggered(void *self, uint32_t k) { return me(self)->sh.event(k).triggered(); }
bool host_timed_out(void *) { return timed_out(); }
void host_write(void *self, uint32_t k, uint32_t v)
{
    Signal &s = me(self)->sh.signal[k];
    if (s.word)
        s.word->write(v);
    else
        s.bit->write(v & 1);
}
uint32_t host_read(void *self, uint32_t k)
{
    const Signal &s = me(self)->sh.signal[k];
    return s.word ? s.word->read() : s.one()->read();
}
bool host_can_put(void *self, uint32_t k) { return me(self)->sh.fifo[k]->num_free() > 0; }
bool host_can_get(void *self, uint32_t k) { return me(self)->sh.fifo[k]->num_available() > 0; }
void host_put(void *self, uint32_t k, uint32_t v) { me(self)->sh.fifo[k]->write(v); }
uint32_t host_get(void *self, uint32_t k) { return me(self)->sh.fifo[k]->read(); }
void host_control(void *self, uint32_t k, uint32_t what)
{
    sc_process_handle &h = me(self)->sh.proc[k]->handle;
    switch (what) {
    case NET_SUSPEND: h.suspend(); break;
    case NET_RESUME:  h.resume(); break;
    case NET_DISABLE: h.disable(); break;
    case NET_ENABLE:  h.enable(); break;
    case NET_RESET:   h.reset(); break;
    default:          h.kill();
    }
}

const net_host host = { host_now, host_delta, host_notify, host_notify_now, host_cancel, host_triggered, host_timed_out,
                        host_write, host_read, host_can_put, host_can_get, host_put, host_get,
                        host_control };

Process::Process(sc_module_name name, Shared &shared, uint32_t index)
    : sc_module(name), sh(shared), p(shared.n->proc[index]), run(), any(p.nops), all(p.nops)
{
    run.net = sh.n;
    run.host = &host;
    run.self = this;
    run.log = &sh.log;
    run.proc = index;
    for (uint32_t i = 0; i < p.nops; i++)
        for (uint32_t k = 0; k < p.op[i].n; k++) {
            if (p.op[i].code == OP_ANY)
                any[i] |= sh.event(p.op[i].list[k]);
            if (p.op[i].code == OP_ALL)
                all[i] &= sh.event(p.op[i].list[k]);
        }
    if (p.method) {
        SC_METHOD(method);
    } else {
        SC_THREAD(thread);
    }
    for (uint32_t i = 0; i < p.nstatics; i++)
        sensitive << sh.event(p.statics[i]);
    if (p.reset == 1)
        reset_signal_is(*sh.signal[p.reset_by].one(), p.reset_at);
    else if (p.reset)
        async_reset_signal_is(*sh.signal[p.reset_by].one(), p.reset_at);
    handle = sc_get_last_created_process_handle();
}

void Process::thread()
{
    net_begin(&run);
    while (const net_op *w = net_step(&run)) {
        sc_fifo<unsigned> *f = w->code == OP_PUT || w->code == OP_GET ? sh.fifo[w->list[0]].get() : nullptr;
        if (w->code == OP_TIME)
            wait(limit(w));
        else if (w->code == OP_STATIC)
            wait(int(w->t));
        else if (w->code == OP_PUT)
            while (f->num_free() == 0)
                wait(f->data_read_event());
        else if (w->code == OP_GET)
            while (f->num_available() == 0)
                wait(f->data_written_event());
        else if (w->code == OP_ANY)
            w->t ? wait(limit(w), any[run.at]) : wait(any[run.at]);
        else if (w->code == OP_ALL)
            w->t ? wait(limit(w), all[run.at]) : wait(all[run.at]);
        else
            w->t ? wait(limit(w), sh.event(w->list[0])) : wait(sh.event(w->list[0]));
    }
}

void Process::method()
{
    const net_op *w = net_step(&run);

    if (!w || w->code == OP_STATIC)
        return;
    if (w->code == OP_TIME)
        next_trigger(limit(w));
    else if (w->code == OP_ANY)
        w->t ? next_trigger(limit(w), any[run.at]) : next_trigger(any[run.at]);
    else if (w->code == OP_ALL)
        w->t ? next_trigger(limit(w), all[run.at]) : next_trigger(all[run.at]);
    else
        w->t ? next_trigger(limit(w), sh.event(w->list[0])) : next_trigger(sh.event(w->list[0]));
}

void run_one(net *n)
{
    Shared sh;

    sh.n = n;
    sh.log = net_log();
    for (uint32_t k = 0; k < n->nsignals; k++) {
        const net_signal &g = n->signal[k];
        std::string name = "s" + std::to_string(k);
        Signal s;
        if (g.period)
            s.clock.reset(new sc_clock(name.c_str(), fs(g.period), double(g.high) / double(g.period), fs(g.start), g.first));
        else if (g.bits == 1)
            s.bit.reset(new sc_signal<bool>(name.c_str(), g.init));
        else
            s.word.reset(new sc_signal<unsigned>(name.c_str(), g.init));
        sh.signal.push_back(std::move(s));
    }
    for (uint32_t k = 0; k < n->nevents; k++)
        sh.user.emplace_back(new sc_event(("e" + std::to_string(k)).c_str()));
    for (uint32_t k = 0; k < n->nfifos; k++)
        sh.fifo.emplace_back(new sc_fifo<unsigned>(("f" + std::to_string(k)).c_str(), int(n->fifo[k].depth)));
    for (uint32_t k = 0; k < n->nevents; k++)
        sh.event(k);                           // the reference makes an event of a signal when it is first asked for
    for (uint32_t i = 0; i < n->nprocs; i++)
        sh.proc.emplace_back(new Process(("p" + std::to_string(i)).c_str(), sh, i));
    sc_start(fs(n->limit));
    std::printf("log %zu\n", sh.log.n);
    for (size_t i = 0; i < sh.log.n; i++) {
        const net_entry &e = sh.log.e[i];
        std::printf("%llu %u %u %u %u %u\n", (unsigned long long)e.time, e.delta, e.proc, e.op, e.what, e.value);
    }
    std::fflush(stdout);
    _exit(0);                                  // the reference needs no tidying
}

} // namespace

int sc_main(int argc, char **argv)
{
    static net n;
    std::FILE *f = argc == 2 ? std::fopen(argv[1], "r") : nullptr;

    if (!f) {
        std::fprintf(stderr, "peer: expected a file of descriptions\n");
        return 2;
    }
    sc_set_time_resolution(1, SC_FS);
    sc_allow_process_control_corners = true;
    sc_report_handler::set_actions("/IEEE_Std_1666/deprecated", SC_DO_NOTHING);
    std::printf("SystemC %s\n", sc_release());
    while (net_read(f, &n)) {
        std::fflush(stdout);
        pid_t child = fork();
        int status = 0;
        if (child == 0)
            run_one(&n);
        if (child < 0 || waitpid(child, &status, 0) != child || status) {
            std::fprintf(stderr, "peer: network %llu did not end well\n", (unsigned long long)n.seed);
            return 1;
        }
    }
    return 0;
}
