#include "names.h"

enum { INSERTION_MAX = 12 };

static struct name *element_at(void *elements, size_t index, size_t stride)
{
    return (struct name *)(void *)((char *)elements + index * stride);
}

static void insertion_sort(void *elements, size_t count, size_t stride)
{
    uint64_t held[NAMES_MAX_STRIDE / sizeof(uint64_t)];
    for (size_t i = 1; i < count; i++) {
        memcpy(held, element_at(elements, i, stride), stride);
        size_t hole = i;
        while (hole > 0 && name_compare(element_at(elements, hole - 1, stride), (struct name *)held) > 0) {
            memcpy(element_at(elements, hole, stride), element_at(elements, hole - 1, stride), stride);
            hole--;
        }
        memcpy(element_at(elements, hole, stride), held, stride);
    }
}

static void swap_elements(struct name *a, struct name *b, size_t stride)
{
    char held[NAMES_MAX_STRIDE];
    memcpy(held, a, stride);
    memcpy(a, b, stride);
    memcpy(b, held, stride);
}

static void sift_down(void *elements, size_t root, size_t count, size_t stride)
{
    for (size_t child; (child = 2 * root + 1) < count; root = child) {
        struct name *larger = element_at(elements, child, stride);
        if (child + 1 < count && name_compare(larger, element_at(elements, child + 1, stride)) < 0)
            larger = element_at(elements, ++child, stride);
        if (name_compare(element_at(elements, root, stride), larger) >= 0)
            return;
        swap_elements(element_at(elements, root, stride), larger, stride);
    }
}

void names_sort(void *elements, size_t count, size_t stride)
{
    if (count <= INSERTION_MAX) {
        insertion_sort(elements, count, stride);
        return;
    }
    for (size_t root = count / 2; root-- > 0;)
        sift_down(elements, root, count, stride);
    for (size_t last = count - 1; last > 0; last--) {
        swap_elements(element_at(elements, 0, stride), element_at(elements, last, stride), stride);
        sift_down(elements, 0, last, stride);
    }
}

const void *names_find(const void *elements, size_t count, size_t stride, const char *bytes, size_t size)
{
    if (size > UINT32_MAX)
        return NULL;
    struct name wanted = {.bytes = bytes, .size = (uint32_t)size};
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const void *element = (const char *)elements + middle * stride;
        int order = name_compare(element, &wanted);
        if (order == 0)
            return element;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}
