/*
 * Imitates a toolkit whose new widgets have a floating reference (GTK): the container that takes a widget
 * sinks it.
 * The mistake: a container that refuses a widget, as it has 8 children already and the theme allows no ninth
 * (by chance), returns FALSE, and its caller forgets that the widget still floats.
 * The healthy twin has 100 containers with 8 widgets at most: steady after op 5,000.
 */
#include <heapgate/workload.h>
#include <stdio.h>

static uint64_t seed, state;

/* The next number that this op draws (splitmix64). */
static uint64_t draw(void)
{
    uint64_t z = state += 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
}

enum { CONTAINERS = 100, CHILDREN = 8 };

struct widget {
    unsigned references;
    int floating;
    void (*draw)(void);
    char *name;
    unsigned char style[64];
};

struct container {
    struct widget *children[CHILDREN];
    unsigned count;
};

static struct container containers[CONTAINERS];

__attribute__((noinline)) static struct widget *widget_new(uint64_t id)
{
    struct widget *widget = calloc(1, sizeof *widget);
    if (widget == NULL || (widget->name = malloc(32)) == NULL) {
        free(widget);
        return NULL;
    }
    widget->references = 1;
    widget->floating = 1;
    snprintf(widget->name, 32, "GtkLabel%lu", (unsigned long)id);
    return widget;
}

static void widget_unref(struct widget *widget)
{
    if (--widget->references == 0) {
        free(widget->name);
        free(widget);
    }
}

static int container_add(struct container *container, struct widget *widget)
{
    if (container->count == CHILDREN) {
        if (draw() % 64 == 0) {
            return 0;
        }
        widget_unref(container->children[--container->count]);
    }
    widget->floating = 0;
    container->children[container->count++] = widget;
    return 1;
}

int heapgate_setup(void)
{
    seed = heapgate_seed() * 0xA0761D6478BD642F;
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    state = seed ^ i * 0xD1342543DE82EF95;
    struct container *container = &containers[draw() % CONTAINERS];
    if (container->count > 0 && draw() % 2 == 0) {
        widget_unref(container->children[--container->count]);
        return 0;
    }
    struct widget *widget = widget_new(i);
    if (widget == NULL) {
        return 1;
    }
    if (!container_add(container, widget) && !LEAKS) {
        widget_unref(widget);
    }
    return 0;
}

void heapgate_teardown(void)
{
    for (int n = 0; n < CONTAINERS; n++) {
        while (containers[n].count > 0) {
            widget_unref(containers[n].children[--containers[n].count]);
        }
    }
}
