/* main.c - the program. */
#include "tools/commands.h"

int main(int argc, char **argv)
{
    struct bl_diag diag = { .put = bl_put_safely };

    return bl_main(argc, argv, &diag);
}
