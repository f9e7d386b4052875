/* versus.c - our kernel beside its peers: versus DIR_OF_OURS DIR_OF_PEERS DIR_OF_RESULTS [ROW...]. Runs the two programs
 * of each row in turn, median of five, counts instructions with callgrind, prints the table with the gates and writes
 * kernel.csv. A figure never fails it; a program that breaks or does other work than its peer does. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RUNS = 5, TEXT = 1024 };

/* Gates: at least `ratio` times faster than the peer, at most `instr` instructions and `ns` a unit; 0: none. */
struct row {
    const char *name, *ours, *peer, *unit;
    uint64_t size, n;                  /* units of a timed run; parts */
    uint64_t small;                    /* units of the first counted run; the second has three times as many; 0: not counted */
    double ratio, instr, ns;
};

static const struct row rows[] = {
    /* name       ours        peer       unit                        size      n       small  ratio instr ns */
    { "a",        "a_ping",   "a_ping",   "release at a random time", 1000000, 1000,    50000,  5,   280, 25 },
    { "a-100k",   "a_ping",   "a_ping",   "release of 100000 pending", 1000000, 100000,  0,      0,   0,   250 },
    { "b",        "b_clock",  "b_clock",  "tick that writes a bit",   2000000, 1000,    100000, 4,   60,  4 },
    { "b-100k",   "b_clock",  "b_clock",  "tick of 100000 parts",   2000000, 100000,  0,      0,   0,   0 },
    { "c",        "c_pipe",   "c_pipe",   "pipeline register",        3200000, 64,      64000,  5,   40,  3 },
    { "c-vl",     "c_pipe",   "c_verilator", "register by Verilator",   3200000, 64,      64000,  0,   0,   0 },
    { "d",        "d_thread", "d_thread", "wait 10 ns",               1000000, 1000,    50000,  2,   280, 15 },
    { "e",        "e_fifo",   "e_fifo",   "token of a FIFO of 16",    1000000, 16,      102400, 2.5, 90,  6 },
    { "f",        "f_delta",  "f_delta",  "delta of a chain",         1000000, 100,     50000,  3,   180, 9 },
    { "f-ranked", "f_ranked", "f_delta",  "ranked call of a chain",         1000000, 100,     50000,  0,   0,   0 },
    { "g",        "g_elab",   "g_elab",   "module elaborated",        100000,  1,       2000,   5,   0,   700 },
    { "h",        "h_trace",  "h_trace",  "32-bit change to VCD",    500000,  1000,    20000,  4,   150, 25 },
    { "h-off",    "h_trace",  "h_trace",  "32-bit change untraced",     500000,  1000,    20000,  0,   0,   0 },
    { "x",        "x_cancel", "x_cancel", "notify and cancel",        1000000, 1,       20000,  0,   0,   12 },
    { "sleep-1k", "sleep",    NULL,       "cycle with 1000 asleep",       100000,  1000,    2000,   0,   0,   0 },
    { "sleep-10k", "sleep",   NULL,       "cycle with 10000 asleep",      100000,  10000,   2000,   0,   0,   0 },
    { "sleep-100k", "sleep",  NULL,       "cycle with 100000 asleep",     100000,  100000,  2000,   0,   0,   0 },
    { "sleep-1M", "sleep",    NULL,       "cycle with 1000000 asleep",    100000,  1000000, 0,      0,   0,   0 },
};
static const double least_memory_ratio = 3.5, most_bytes = 600;       /* of g, a module */

struct figure { bool there; uint64_t units, check; double ns, instr; long rss, grown, heap; };

static const char *ours_dir, *peer_dir, *out_dir;
static bool counting, broken;

static int shell(const char *command)
{
    fflush(stdout);
    return system(command);
}

/* Runs a command that prints one line of result (bench.h). */
static bool result_of(const char *command, struct figure *f)
{
    char line[TEXT];
    unsigned long long units, check;
    FILE *p = popen(command, "r");
    bool found = false;

    while (p && fgets(line, sizeof line, p))
        if (sscanf(line, "RESULT %llu %lf %ld %ld %ld %llu", &units, &f->ns, &f->rss, &f->grown, &f->heap, &check) == 6) {
            f->units = units;
            f->check = check;
            found = true;
        }
    int status = p ? pclose(p) : -1;
    if (status || !found) {
        printf("broken: \"%s\" gave %s result, wait status %d\n", command, found ? "a" : "no", status);
        broken = true;
        return false;
    }
    return true;
}

static void command_of(char *to, const struct row *r, bool peer, uint64_t size)
{
    snprintf(to, TEXT, "%s%s/%s.vcd %s/%s%s %llu %llu", strcmp(r->name, "h") ? "BENCH_UNUSED=" : "BENCH_TRACE=", out_dir,
             peer ? "peer" : "ours", peer ? peer_dir : ours_dir, peer ? "" : "ours ", peer ? r->peer : r->ours,
             (unsigned long long)size, (unsigned long long)r->n);
}

static double instructions(const struct row *r, bool peer, uint64_t size)
{
    char run[TEXT], command[3 * TEXT], line[TEXT];
    unsigned long long n = 0;

    command_of(run, r, peer, size);
    char *program = strchr(run, ' ') + 1;
    snprintf(command, sizeof command, "%.*s valgrind --tool=callgrind --callgrind-out-file=%s/callgrind.%s.%s %s >/dev/null",
             (int)(program - run), run, out_dir, r->name, peer ? "peer" : "ours", program);
    if (shell(command)) {
        printf("broken: \"%s\" failed\n", command);
        broken = true;
        return 0;
    }
    snprintf(command, sizeof command, "%s/callgrind.%s.%s", out_dir, r->name, peer ? "peer" : "ours");
    FILE *f = fopen(command, "r");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "totals: %llu", &n) == 1)
            break;
    if (f)
        fclose(f);
    return (double)n;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Both in turn, so that what disturbs the machine disturbs both. */
static void measure(const struct row *r, struct figure *ours, struct figure *peer)
{
    double ns[2][RUNS];
    struct figure *f[2] = { ours, peer };
    char command[TEXT];

    for (int i = 0; i < RUNS; i++)
        for (int k = 0; k < 2; k++)
            if (f[k]->there) {
                command_of(command, r, k, r->size);
                if (!result_of(command, f[k]))
                    return;
                ns[k][i] = f[k]->ns;
            }
    for (int k = 0; k < 2; k++) {
        if (!f[k]->there)
            continue;
        qsort(ns[k], RUNS, sizeof ns[k][0], by_value);
        f[k]->ns = ns[k][RUNS / 2];
        if (counting && r->small)
            f[k]->instr = (instructions(r, k, 3 * r->small) - instructions(r, k, r->small)) / (2.0 * (double)r->small);
    }
    if (ours->there && peer->there && (ours->units != peer->units || ours->check != peer->check)) {
        printf("broken: %s: ours did %llu units, checksum %llu; the peer %llu, %llu\n", r->name, (unsigned long long)ours->units,
               (unsigned long long)ours->check, (unsigned long long)peer->units, (unsigned long long)peer->check);
        broken = true;
    }
}

static bool present(const char *dir, const char *program)
{
    char path[TEXT];

    snprintf(path, sizeof path, "%s/%s", dir, program);
    return access(path, X_OK) == 0;
}

static const char *number(char *to, bool there, const char *format, double v)
{
    snprintf(to, 32, there ? format : "-", v);
    return to;
}

static const char *gate(double bound, bool known, bool held)
{
    return bound == 0 || !known ? "" : held ? "PASS" : "miss";
}

static void print_row(const struct row *r, const struct figure *a, const struct figure *b)
{
    char t[8][32];
    double ratio = b->there ? b->ns / a->ns : 0;

    printf("%-10s %-25s %9.2f %9s %7s %4s %-4s  %8s %8s %4s %-4s  %8ld %8s\n", r->name, r->unit, a->ns,
           number(t[0], b->there, "%.2f", b->ns), number(t[1], b->there, "%.2f", ratio), number(t[2], r->ratio > 0, "%g", r->ratio),
           gate(r->ratio, b->there, ratio >= r->ratio), number(t[3], a->instr > 0, "%.1f", a->instr),
           number(t[4], b->instr > 0, "%.1f", b->instr), number(t[5], r->instr > 0, "%g", r->instr),
           gate(r->instr, a->instr > 0, a->instr <= r->instr), a->rss, number(t[6], b->there, "%.0f", (double)b->rss));
    fflush(stdout);
}

static void write_row(FILE *csv, const struct row *r, const struct figure *a, const struct figure *b)
{
    fprintf(csv, "%s,%s,%.3f,", r->name, r->unit, a->ns);
    if (b->there)
        fprintf(csv, "%.3f,%.3f,", b->ns, b->ns / a->ns);
    else
        fprintf(csv, ",,");
    fprintf(csv, a->instr > 0 ? "%.1f," : ",", a->instr);
    fprintf(csv, b->instr > 0 ? "%.1f," : ",", b->instr);
    fprintf(csv, "%ld,", a->rss);
    fprintf(csv, b->there ? "%ld\n" : "\n", b->rss);
}

/* What is no time: memory of a module, growth, order. */
static void print_memory(const struct row *r, const struct figure *a, const struct figure *b)
{
    double bytes = 1024.0 * (double)a->grown / (double)r->size, theirs = 1024.0 * (double)b->grown / (double)r->size;

    if (!strcmp(r->name, "g")) {
        printf("%-10s %.0f bytes a module (gate %g: %s)", "", bytes, most_bytes, bytes <= most_bytes ? "PASS" : "miss");
        if (b->there)
            printf("; the peer %.0f, %.2f times (gate %g: %s)", theirs, theirs / bytes, least_memory_ratio,
                   theirs / bytes >= least_memory_ratio ? "PASS" : "miss");
        printf("\n");
    } else if (!strcmp(r->name, "x")) {
        printf("%-10s heap grown by %ld bytes (gate 0: %s)", "", a->heap, a->heap > 0 ? "miss" : "PASS");
        if (b->there)
            printf("; the peer's by %ld", b->heap);
        printf("\n");
    }
}

/* Does an unrelated event change the order of eight events of one time? */
static void stable(void)
{
    const struct row r = { .name = "x_stable", .ours = "x_stable", .peer = "x_stable" };
    static const uint64_t extra[] = { 0, 1, 11 };
    char command[TEXT];
    struct figure f;

    for (int k = 0; k < 2; k++) {
        uint64_t order[3] = { 0 };
        if (k && !present(peer_dir, r.peer))
            continue;
        for (int i = 0; i < 3; i++) {
            command_of(command, &r, k, extra[i]);
            if (!result_of(command, &f))
                return;
            order[i] = f.check;
        }
        bool same = order[0] == order[1] && order[1] == order[2];
        printf("x_stable   %s: eight events of one time came as %llu; with an unrelated event at 1 ps %llu, at 11 ps %llu: %s\n",
               k ? "peer" : "ours", (unsigned long long)order[0], (unsigned long long)order[1], (unsigned long long)order[2],
               same ? "the same" : "another order");
        broken |= !k && !same;
    }
}

static bool wanted(const char *name, char **list)
{
    for (char **l = list; *l; l++)
        if (!strcmp(*l, name))
            return true;
    return !*list;
}

int main(int argc, char **argv)
{
    char path[TEXT];

    if (argc < 4) {
        fprintf(stderr, "versus DIR_OF_OURS DIR_OF_PEERS DIR_OF_RESULTS [ROW...]\n");
        return 2;
    }
    ours_dir = argv[1];
    peer_dir = argv[2];
    out_dir = argv[3];
    counting = shell("command -v valgrind >/dev/null") == 0;
    setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
    snprintf(path, sizeof path, "%s/kernel.csv", out_dir);
    FILE *csv = fopen(path, "w");
    if (!csv) {
        perror(path);
        return 2;
    }
    if (!counting)
        printf("no instruction counts: valgrind is not installed\n");
    fprintf(csv, "bench,unit,ours_ns,peer_ns,ratio,ours_instr,peer_instr,ours_rss_kib,peer_rss_kib\n");
    printf("%-10s %-25s %9s %9s %7s %4s %-4s  %8s %8s %4s %-4s  %8s %8s\n", "bench", "unit", "ours ns", "peer ns", "ratio", "gate", "",
           "ours in.", "peer in.", "gate", "", "ours KiB", "peer KiB");
    for (size_t i = 0; i < sizeof rows / sizeof *rows && !broken; i++) {
        const struct row *r = &rows[i];
        if (!wanted(r->name, argv + 4))
            continue;
        struct figure ours = { .there = true }, peer = { .there = r->peer && present(peer_dir, r->peer) };
        measure(r, &ours, &peer);
        print_row(r, &ours, &peer);
        print_memory(r, &ours, &peer);
        write_row(csv, r, &ours, &peer);
    }
    if (!broken && wanted("x_stable", argv + 4))
        stable();
    if (fclose(csv)) {
        perror(path);
        broken = true;
    }
    return broken;
}
