/* SPDX-License-Identifier: MIT */
/*
 * Gives a fuzzing harness the files of folders, one after another: every finding and seed of
 * tests/corpus/ is replayed by the ordinary test run, without libFuzzer. Each file is also replayed
 * cut short at some places, which costs nothing and finds missing length checks.
 */
#include <dirent.h>
#include <stdio.h>

#include "tests/fuzz/fuzz.h"

enum { MAX_FILE_BYTES = 1 << 20 };

/* In memory of exactly its size, so that sanitizers see a read past its end. */
static void replay_part(const uint8_t *bytes, size_t n_bytes) {
    uint8_t *copy = malloc(n_bytes == 0 ? 1 : n_bytes);
    FUZZ_REQUIRE(copy != NULL);
    memcpy(copy, bytes, n_bytes);
    LLVMFuzzerTestOneInput(copy, n_bytes);
    free(copy);
}

static int replay_file(const char *path) {
    static uint8_t bytes[MAX_FILE_BYTES];
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        return 0;
    }
    const size_t n_bytes = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    replay_part(bytes, n_bytes);
    for (size_t cut = 1; cut < n_bytes; cut *= 2)
        replay_part(bytes, n_bytes - cut);
    return 1;
}

/* The number of files replayed; a folder that cannot be read has none. */
static int replay_folder(const char *folder) {
    int n_files = 0;
    DIR *entries = opendir(folder);
    if (entries == NULL)
        return 0;
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        char path[4096];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        n_files += replay_file(path);
    }
    closedir(entries);
    return n_files;
}

int main(int argc, char **argv) {
    int n_files = 0;
    for (int i = 1; i < argc; i++)
        n_files += replay_folder(argv[i]);
    evex_shutdown();
    printf("%d files\n", n_files);
    return n_files == 0;
}
