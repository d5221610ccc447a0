/* SPDX-License-Identifier: MIT */
/*
 * The help: an overview in one screen, and topics: options (from options.def), formats, types,
 * missing, errors, and every function (from the library's list of operations).
 */
#include <stdio.h>
#include <string.h>

#include "cli/options.h"
#include "cli/text.h"
#include <evex.h>

static const char overview[] =
    "evex PROGRAM [INPUT...]    expressions over .csv, .tsv and .npy; - is stdin\n"
    "\n"
    "  evex '2**0.5'                                    just calculate\n"
    "  evex 'sum(price*qty)' sales.csv                  one number\n"
    "  evex 'n = count(), mean(price)' sales.csv        one record\n"
    "  evex 'region, price*qty' sales.csv               a record a row\n"
    "  evex -a 'total = price*qty' sales.csv -o o.csv   keep the columns, add one\n"
    "  evex '*, share = qty / sum(qty)' sales.csv       the same: * is all columns\n"
    "  evex 'd = b - a' a=1990.npy b=2020.npy -o d.npy  arrays go by NAME=FILE\n"
    "  evex -n -d space 'sum($3)' access.log            columns by position\n"
    "\n"
    "  -e P, -f FILE  the program            -o FILE  output, by its extension\n"
    "  -a  keep the input columns            -i FMT, -t FMT  csv, tsv or npy\n"
    "  -n  no header   -c A,B  names         -d C, -D C  delimiters, in and out\n"
    "  --type C=i64    types of columns      --na LIST  words for missing\n"
    "  -j N  threads   -p N  digits          --all  all rows on a terminal\n"
    "  --explain  bytecode   --check  only check   --isa, --block, --no-opt  tests\n"
    "\n"
    "Exit: 0 done, 2 usage or program, 3 input, 4 output.\n"
    "--help options, formats, types, overflow, missing, errors, functions, sqrt...\n";

static const struct {
    const char *name, *text;
} topics[] = {
    {"formats", "csv   fields by commas (or -d), quoted as in RFC 4180, with a header unless -n\n"
                "tsv   the same by tabs\n"
                "npy   NumPy's .npy, versions 1 to 3: bool, integers, float32, float64, strings;\n"
                "      a structured array is a table of its fields\n"
                "\n"
                "The extension of a file decides, -i and -t overrule it. Several text files with\n"
                "the same columns are read as one. Results go to stdout in the input's text\n"
                "format, or to -o FILE, which appears only when it is complete. Several results\n"
                "in one .npy are the fields of a structured array. Cells that are kept as they\n"
                "are (-a, *, a column's name) are copied byte for byte. Numbers are the shortest\n"
                "text that reads back to the same value.\n"
                "\n"
                "An array is called NAME in NAME=FILE, else like its file without the extension;\n"
                "a named table's columns are NAME.column. Text streams through: memory does not\n"
                "grow with it. A program that needs several passes reads files again, and keeps\n"
                "what comes from a pipe in TMPDIR for that.\n"},
    {"overflow",
     "Integers that a result cannot hold are errors that name the row: + - * ** abs sum\n"
     "prod, division by zero (// and %), shifts by a count outside the type's width, and\n"
     "conversions to an integer type that has no such number. Only what is used is looked\n"
     "at: in where(d != 0, n // d, 0) no division by zero is. --overflow wrap lets them\n"
     "wrap as NumPy does; --overflow float computes + - * ** sum prod of integers in\n"
     "float64. Columns of text are float64 unless the program asks for integers.\n"},
    {"types", "The type of a text column follows from the program, never from its cells:\n"
              "float64 where a number is needed, text where it is compared with text, int64\n"
              "where the program demands integers (& | ^ ~ << >>, int64(C)). --type C=T,...\n"
              "decides otherwise: f64 i64 i32 i16 i8 u64 u32 u16 u8 bool str. An integer that\n"
              "float64 cannot hold exactly is an error that proposes --type C=i64, so that no\n"
              "digit is lost. Columns of arrays have the dtype of the array; all follow NumPy's\n"
              "rules in expressions.\n"},
    {"missing", "A cell is missing when it is empty or, unquoted, one of NA N/A null NULL None;\n"
                "--na LIST gives other words. nan and inf are numbers. This version does not\n"
                "compute with missing cells: one in a column that is needed as a number is an\n"
                "error with its place. In a column of text an empty cell is the empty text.\n"},
    {"errors", "evex: PLACE: what (hint), with the line and a mark under the place. In a program\n"
               "the place is line and column, in data the physical line and field. The first\n"
               "error ends the run; a file given by -o is not touched by a run that fails.\n"
               "Exit: 0 done; 2 usage, syntax, names, types: nothing was read or written;\n"
               "3 input; 4 output.\n"},
};

static void print_options(void) {
    for (size_t i = 0; i < n_option_rows; i++) {
        const option_row *row = &option_rows[i];
        if (row->is_later)
            continue;
        char name[64], dash[8] = "    ";
        if (row->short_name != '\0')
            snprintf(dash, sizeof dash, "-%c, ", row->short_name);
        snprintf(name, sizeof name, "%s--%s %s", dash, row->long_name,
                 row->argument != NULL ? row->argument : "");
        printf("  %-26s %s\n", name, row->help);
    }
}

static void print_functions(void) {
    enum { WIDTH = 24 };
    size_t n;
    const evex_op_doc *ops = evex_ops(&n);
    for (size_t i = 0; i < n; i++) {
        bool is_long = strlen(ops[i].signature) > WIDTH;
        printf("  %-*s %s%*s%s\n", WIDTH, ops[i].signature, is_long ? "\n" : "",
               is_long ? WIDTH + 3 : 0, "", ops[i].summary);
    }
}

static bool print_function(const char *name) {
    size_t n;
    const evex_op_doc *ops = evex_ops(&n);
    bool found = false;
    for (size_t i = 0; i < n; i++)
        if (strcmp(ops[i].name, name) == 0) {
            printf("%s%s\n  %s\n  operands: %s\n", ops[i].signature,
                   ops[i].is_reduction ? " (a reduction)" : "", ops[i].summary, ops[i].types);
            found = true;
        }
    return found;
}

static bool print_option(const char *name) {
    while (*name == '-')
        name++;
    for (size_t i = 0; i < n_option_rows; i++) {
        const option_row *row = &option_rows[i];
        bool is_short = name[0] == row->short_name && name[0] != '\0' && name[1] == '\0';
        if (!is_short && (row->long_name == NULL || strcmp(row->long_name, name) != 0))
            continue;
        printf("%s%s\n", row->help, row->is_later ? " (not in this version)" : "");
        return true;
    }
    return false;
}

static bool print_topic(const char *topic) {
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++)
        if (strcmp(topics[i].name, topic) == 0) {
            fputs(topics[i].text, stdout);
            return true;
        }
    if (strcmp(topic, "options") == 0)
        print_options();
    else if (strcmp(topic, "functions") == 0)
        print_functions();
    else
        return false;
    return true;
}

static bool fail_topic(const char *topic, failure *failed) {
    char quoted[80];
    size_t n;
    const evex_op_doc *ops = evex_ops(&n);
    text_search search = text_search_for(topic, strlen(topic));
    for (size_t i = 0; i < n; i++)
        text_search_offer(&search, ops[i].name, strlen(ops[i].name));
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++)
        text_search_offer(&search, topics[i].name, strlen(topics[i].name));
    for (size_t i = 0; i < n_option_rows; i++)
        if (option_rows[i].long_name != NULL)
            text_search_offer(&search, option_rows[i].long_name, strlen(option_rows[i].long_name));
    failure_set(failed, EXIT_PROGRAM, "", "no help on '%s'",
                text_quote(quoted, sizeof quoted, topic, strlen(topic)));
    return search.best != NULL ? failure_hint(failed, "did you mean '%s'?", search.best)
                               : failure_hint(failed, "--help functions lists what there is");
}

bool help_print(const char *topic, failure *failed) {
    if (topic == NULL)
        fputs(overview, stdout);
    else if (!print_topic(topic) && !print_function(topic) && !print_option(topic))
        return fail_topic(topic, failed);
    return (fflush(stdout) == 0 && !ferror(stdout)) ||
           failure_set(failed, EXIT_OUTPUT, "stdout", "cannot be written");
}
