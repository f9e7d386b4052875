// embed.cpp - bitline in a C++ program: a platform from memory, run by itself, and its account. The functions below have
// names that the kernel uses too, inside.
// Build: c++ embed.cpp $(pkg-config --cflags --libs bitline)
#include "platforms/job/setup.h"

#include <cstdio>
#include <cstring>
#include <memory>

int notify() { return 1; }
int grown() { return 2; }
int resume() { return 3; }
int settle() { return 4; }
extern "C" int fresh() { return 5; }
extern "C" int resolve(int n) { return n; }

static const char text[] =
    "platform: from_memory\n"
    "clocks: { core: 200 MHz }\n"
    "parts:\n"
    "  gen:  { class: gen, clock: core, limit: 100 }\n"
    "  sink: { class: sink, clock: core, every: 2 }\n"
    "wires: [ gen.x -> sink.x depth 2 ]\n";

static void say(void *lines, const char *line)
{
    ++*static_cast<unsigned *>(lines);
    std::fprintf(stderr, "%s\n", line);
}

int main()
{
    static const char *const set[] = { "sink.every=4" };
    unsigned lines = 0;
    bl_diag diag = {};
    bl_setup_opts o = {};

    diag.put = say;
    diag.ctx = &lines;
    o.platform = "from_memory";
    o.platform_text = text;
    o.platform_bytes = std::strlen(text);
    o.set = bl_words{ set, 1 };
    std::unique_ptr<bl_setup, void (*)(bl_setup *)> u(bl_setup_open(&o, &diag), bl_setup_close);
    if (!u || bl_setup_run(u.get(), UINT64_C(1000000000), nullptr, nullptr) != BL_END_LIMIT)
        return 1;
    bl_verdict_row busy;
    bl_verdict_at(u->sim, 1, 1, &busy);
    std::printf("the sink was busy in %llu of 200 cycles\n", static_cast<unsigned long long>(busy.spent));
    return lines == 0 && busy.spent > 45 && busy.spent < 55 && notify() + grown() + resume() + settle() + fresh() + resolve(6) == 21 ? 0 : 1;
}
