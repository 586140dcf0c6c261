#include "runner/fuzz_corpus.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct corpus_reader {
    const char *path; /* of the corpus */
    hg_corpus corpus;
    uint64_t bytes;
    char *message;
    size_t message_size;
} corpus_reader;

static bool refuse(const corpus_reader *reader, const char *name, const char *why)
{
    snprintf(reader->message, reader->message_size, "corpus: cannot read %s%s%s: %s", reader->path,
             name[0] ? "/" : "", name, why);
    return false;
}

/* Reads to the end, or until the buffer is full. The bytes read, or -1. */
static ssize_t read_whole(int file, uint8_t *buffer, size_t size)
{
    size_t done = 0;
    while (done < size) {
        ssize_t step = read(file, buffer + done, size - done);
        if (step < 0 && errno == EINTR)
            continue;
        if (step < 0)
            return -1;
        if (step == 0)
            break;
        done += (size_t)step;
    }
    return (ssize_t)done;
}

/* Adds what an open regular file holds. */
static bool add_contents(corpus_reader *reader, const char *name, int file, uint64_t size)
{
    if (reader->bytes + size > HG_MOST_INPUT_BYTES)
        return refuse(reader, name, "the inputs are larger than 1 GiB together; give fewer of them");
    /* Even an input of no bytes has an address. */
    uint8_t *data = malloc(size > 0 ? size : 1);
    if (!data)
        return refuse(reader, name, "out of memory");
    ssize_t length = read_whole(file, data, size);
    if (length < 0) {
        free(data);
        return refuse(reader, name, strerror(errno));
    }
    reader->bytes += size;
    hg_input *input = &reader->corpus.inputs[reader->corpus.count++];
    *input = (hg_input){.data = data, .size = (size_t)length};
    snprintf(input->name, sizeof input->name, "%s", name);
    return true;
}

/* Adds a file; what is no regular file is passed over. Opening must not wait for the other end of a pipe. */
static bool add_file(corpus_reader *reader, int folder, const char *name)
{
    struct stat about;
    int file = openat(folder, name[0] ? name : reader->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (file < 0 || fstat(file, &about) != 0) {
        int error = errno;
        bool other = file < 0 && (error == ENXIO || error == ENODEV); /* a socket */
        if (file >= 0)
            close(file);
        return other || refuse(reader, name, strerror(error));
    }
    bool added = !S_ISREG(about.st_mode) || add_contents(reader, name, file, (uint64_t)about.st_size);
    close(file);
    return added;
}

static int is_shown(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static bool make_room(corpus_reader *reader, size_t count)
{
    if (count > HG_MOST_INPUTS)
        return refuse(reader, "", "there are more than 1048576 inputs; give fewer of them");
    reader->corpus.inputs = calloc(count, sizeof *reader->corpus.inputs);
    return reader->corpus.inputs || refuse(reader, "", "out of memory");
}

static bool read_folder(corpus_reader *reader, int folder)
{
    struct dirent **entries = NULL;
    int count = scandirat(folder, ".", &entries, is_shown, by_bytes);
    if (count < 0)
        return refuse(reader, "", strerror(errno));
    bool done = count == 0 || make_room(reader, (size_t)count);
    for (int i = 0; i < count; i++) {
        done = done && add_file(reader, folder, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return done;
}

bool hg_corpus_read(const char *path, hg_corpus *ret_corpus, char *ret_message, size_t message_size)
{
    corpus_reader reader = {.path = path, .message = ret_message, .message_size = message_size};
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool done;
    if (folder >= 0) {
        done = read_folder(&reader, folder);
        close(folder);
    } else if (errno == ENOTDIR) {
        done = make_room(&reader, 1) && add_file(&reader, AT_FDCWD, "");
    } else {
        done = refuse(&reader, "", strerror(errno));
    }
    if (done && reader.corpus.count == 0) {
        snprintf(ret_message, message_size,
                 "corpus: no input in %s; hidden files and folders in it are left out", path);
        done = false;
    }
    if (done)
        *ret_corpus = reader.corpus;
    else
        hg_corpus_free(&reader.corpus);
    return done;
}

void hg_corpus_free(hg_corpus *corpus)
{
    for (size_t i = 0; i < corpus->count; i++)
        free(corpus->inputs[i].data);
    free(corpus->inputs);
    *corpus = (hg_corpus){0};
}
