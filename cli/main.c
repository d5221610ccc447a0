/* SPDX-License-Identifier: MIT */
/*
 * The program evex: array expressions over files of data at the shell. It uses the library's public
 * header only. Start here: options.c reads the command line, plan.c compiles the program,
 * run_table.c and run_array.c run it, failure.c prints what went wrong.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/options.h"
#include "cli/output.h"
#include "cli/run.h"

static bool print_version(failure *failed) {
    bool ok = printf("evex %s (%s)\n", evex_version(), evex_isa()) > 0 && fflush(stdout) == 0;
    return ok || failure_set(failed, EXIT_OUTPUT, "stdout", "cannot be written");
}

/* Whether the inputs are arrays; mixtures are a failure. */
static bool find_kind(const options *given, bool *is_array, failure *failed) {
    size_t n_arrays = 0, n_stdin = 0;
    for (size_t i = 0; i < given->n_inputs; i++) {
        data_format format = run_input_format(given, &given->inputs[i], failed);
        if (format == FORMAT_AUTO)
            return false;
        n_arrays += format == FORMAT_NPY;
        n_stdin += strcmp(given->inputs[i].path, "-") == 0;
        if (i > 0 && given->inputs[i].name != NULL && format != FORMAT_NPY)
            return failure_set(failed, EXIT_PROGRAM, "",
                               "several named tables are not in this version");
    }
    *is_array = n_arrays == given->n_inputs;
    if (n_arrays > 0 && !*is_array)
        return failure_set(failed, EXIT_PROGRAM, "",
                           "tables and arrays together are not in this version");
    return n_stdin <= 1 ||
           failure_set(failed, EXIT_PROGRAM, "", "stdin can be read as one input only");
}

static bool run(options *given, int n_arguments, char **arguments, failure *failed) {
    bool is_array = false;
    if (!options_read(given, n_arguments, arguments, failed))
        return false;
    if (given->help)
        return help_print(given->help_topic, failed);
    if (given->version)
        return print_version(failed);
    if (given->program == NULL) {
        failure_set(failed, EXIT_PROGRAM, "", "what shall be computed?");
        return failure_hint(failed, "evex PROGRAM [INPUT...]; evex -h shows examples");
    }
    if (!find_kind(given, &is_array, failed))
        return false;
    return is_array ? run_array(given, failed) : run_table(given, failed);
}

int main(int n_arguments, char **arguments) {
    options given;
    failure failed = {0};
    output_prepare_process();
    if (!run(&given, n_arguments, arguments, &failed))
        failure_print(&failed, isatty(STDERR_FILENO));
    options_free(&given);
    evex_shutdown();
    return (int)failed.code;
}
