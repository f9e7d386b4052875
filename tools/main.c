/* main.c - the program: hands the command line to bl_program and sees that all of stdout arrived. */
#include "tools/commands.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    struct bl_diag diag = { 0 };
    int status = bl_program(argc, argv, &diag);

    if (fflush(stdout) || ferror(stdout)) {
        bl_error(&diag, "standard output: %s; what was printed is not complete", strerror(errno));
        return BL_REFUSED;
    }
    return status;
}
