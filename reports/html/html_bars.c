/*
 * Bars by round of birth. They distinguish a leak (every round leaves the same amount), a full cache (only
 * the last rounds remain) and warm-up (only the first rounds remain). If there are very many rounds,
 * neighbours share a bar.
 */
#include "base/humanise.h"
#include "html/html.h"
#include "html/html_lines.h"

#include <math.h>

#define BARS_MAX     48
#define CLASS_COUNT  (HG_CLASS_TRANSIENT + 1)
#define PLOT_RIGHT   392
#define SMALL_HEIGHT 40
#define SMALL_WIDTH  16

/* How rounds share bars. */
typedef struct bins {
    size_t count;  /* bars */
    size_t rounds; /* in each, fewer in the last */
    size_t warmup; /* bars with at least one warm-up round */
} bins;

static bins make_bins(const hg_cell *cell, size_t epochs)
{
    size_t rounds = (epochs + BARS_MAX - 1) / BARS_MAX;
    size_t warmup = hg_cell_warmup_epochs(cell, epochs);

    return (bins){
        .count = (epochs + rounds - 1) / rounds, .rounds = rounds, .warmup = (warmup + rounds - 1) / rounds};
}

/* Adds the survivors of each round to its bar; negative counts, from rounding or forgery, are ignored. */
static void add_survivors(double bars[BARS_MAX], const bins *shape, const int64_t *survivors, size_t epochs)
{
    for (size_t e = 0; e < epochs && e / shape->rounds < shape->count; e++) {
        if (survivors[e] > 0)
            bars[e / shape->rounds] += (double)survivors[e];
    }
}

static void write_bin_note(FILE *out, const bins *shape)
{
    if (shape->rounds > 1)
        fprintf(out, ", %zu rounds per bar", shape->rounds);
}

/* One path for the bars from first to last. */
static void write_small_bars(FILE *out, const char *style, const double *bars, size_t first, size_t last,
                             double most)
{
    if (first >= last)
        return;
    fprintf(out, "<path class=\"%s\" d=\"", style);
    for (size_t i = first; i < last; i++) {
        double height = most > 0 ? bars[i] / most * SMALL_HEIGHT : 0;
        if (bars[i] > 0 && height < 1)
            height = 1; /* one block stays visible beside a million */
        fprintf(out, "M%zu %dv-", i * SMALL_WIDTH + 1, SMALL_HEIGHT + 2);
        hg_html_coordinate(out, height);
        fprintf(out, "h%dv", SMALL_WIDTH - 3);
        hg_html_coordinate(out, height);
        fputc('z', out);
    }
    fputs("\"/>", out);
}

void hg_html_survivors(FILE *out, const hg_cell *cell, const hg_site *site)
{
    double bars[BARS_MAX] = {0};
    double most = 0;

    if (!site->survivor_blocks || site->epoch_count == 0)
        return;
    bins shape = make_bins(cell, site->epoch_count);
    add_survivors(bars, &shape, site->survivor_blocks, site->epoch_count);
    for (size_t i = 0; i < shape.count; i++)
        most = fmax(most, bars[i]);
    int width = (int)shape.count * SMALL_WIDTH;
    fputs("<figure class=\"survivors\"><figcaption>Blocks alive at the end, by the round that allocated them",
          out);
    write_bin_note(out, &shape);
    fprintf(out, "</figcaption><svg class=\"%s\" role=\"img\" width=\"%d\" height=\"%d\" ",
            hg_class_name(site->growth_class), width, SMALL_HEIGHT + 4);
    fprintf(out, "viewBox=\"0 0 %d %d\" aria-label=\"Bar chart; the numbers follow\">", width,
            SMALL_HEIGHT + 4);
    write_small_bars(out, "bar warm", bars, 0, shape.warmup, most);
    write_small_bars(out, "bar", bars, shape.warmup, shape.count, most);
    fprintf(out, "<path class=\"axis\" d=\"M0 %d.5H%d\"/></svg><p class=\"numbers\">", SMALL_HEIGHT + 2,
            width);
    for (size_t i = 0; i < shape.count; i++) {
        double shown = fmin(bars[i], 9e18);
        fprintf(out, "%s%s",
                i == 0              ? ""
                : i == shape.warmup ? " | "
                                    : " ",
                hg_human_tally((int64_t)shown).text);
    }
    fprintf(out, "%s</p></figure>\n", shape.warmup > 0 ? " <span>(warm-up | measured)</span>" : "");
}

/* The cell's bytes by class and round of birth. */
typedef struct births {
    double bytes[CLASS_COUNT][BARS_MAX];
    double total[CLASS_COUNT];
    size_t epochs;
    bins shape;
} births;

static void sum_births(births *sums, const hg_cell *cell)
{
    *sums = (births){0};
    for (size_t i = 0; i < cell->site_count; i++) {
        const hg_site *site = &cell->sites[i];
        if (site->survivor_bytes && site->epoch_count > sums->epochs)
            sums->epochs = site->epoch_count;
    }
    if (sums->epochs == 0)
        return;
    sums->shape = make_bins(cell, sums->epochs);
    for (size_t i = 0; i < cell->site_count; i++) {
        const hg_site *site = &cell->sites[i];
        if (site->survivor_bytes)
            add_survivors(sums->bytes[site->growth_class], &sums->shape, site->survivor_bytes,
                          site->epoch_count);
    }
    for (int c = 0; c < CLASS_COUNT; c++) {
        for (size_t i = 0; i < sums->shape.count; i++)
            sums->total[c] += sums->bytes[c][i];
    }
}

/* From the bottom: what does not grow first, with the growth on top. */
static const hg_class stacked[CLASS_COUNT] = {HG_CLASS_ONE_TIME, HG_CLASS_BOUNDED, HG_CLASS_TRANSIENT,
                                              HG_CLASS_FILLING, HG_CLASS_LEAK};

static double tallest(const births *sums)
{
    double most = 0;

    for (size_t i = 0; i < sums->shape.count; i++) {
        double height = 0;
        for (int c = 0; c < CLASS_COUNT; c++)
            height += sums->bytes[c][i];
        most = fmax(most, height);
    }
    return most;
}

static void write_stack(FILE *out, const births *sums, hg_class of, const hg_scale *y, double below[BARS_MAX])
{
    double pitch = (double)(PLOT_RIGHT - HG_PLOT_LEFT) / (double)sums->shape.count;

    if (sums->total[of] <= 0)
        return;
    fprintf(out, "<path class=\"birth %s\" d=\"", hg_class_name(of));
    for (size_t i = 0; i < sums->shape.count; i++) {
        if (sums->bytes[of][i] <= 0)
            continue;
        double bottom = hg_scale_at(y, below[i]);
        double top = fmin(hg_scale_at(y, below[i] + sums->bytes[of][i]), bottom - 0.6);
        below[i] += sums->bytes[of][i];
        fputc('M', out);
        hg_html_coordinate(out, HG_PLOT_LEFT + (double)i * pitch + pitch * 0.08);
        fputc(' ', out);
        hg_html_coordinate(out, bottom);
        fputc('V', out);
        hg_html_coordinate(out, top);
        fputc('h', out);
        hg_html_coordinate(out, fmax(pitch * 0.84, 1));
        fputc('V', out);
        hg_html_coordinate(out, bottom);
        fputc('z', out);
    }
    fputs("\"/>\n", out);
}

static void write_axes(FILE *out, const births *sums, const hg_scale *y)
{
    double pitch = (double)(PLOT_RIGHT - HG_PLOT_LEFT) / (double)sums->shape.count;

    hg_html_value_ticks(out, y, true, PLOT_RIGHT);
    if (sums->shape.warmup > 0) {
        fprintf(out, "<path class=\"warmup\" d=\"M%d %dh", HG_PLOT_LEFT, HG_PLOT_TOP);
        hg_html_coordinate(out, pitch * (double)sums->shape.warmup);
        fprintf(out, "V%dH%dz\"/>\n", HG_PLOT_BOTTOM, HG_PLOT_LEFT);
    }
    size_t every = sums->shape.count / 12 + 1;
    for (size_t i = 0; i < sums->shape.count; i += every) {
        fputs("<text class=\"tick mid\" x=\"", out);
        hg_html_coordinate(out, HG_PLOT_LEFT + ((double)i + 0.5) * pitch);
        fprintf(out, "\" y=\"%d\">%zu</text>\n", HG_PLOT_BOTTOM + 17, i * sums->shape.rounds);
    }
}

static void write_legend(FILE *out, const births *sums)
{
    fputs("<ul class=\"legend\">", out);
    for (int i = CLASS_COUNT - 1; i >= 0; i--) {
        hg_class of = stacked[i];
        if (sums->total[of] > 0)
            fprintf(out, "<li><i class=\"%s\"></i>%s %s</li>", hg_class_name(of), hg_class_name(of),
                    hg_human_bytes(sums->total[of]).text);
    }
    fputs("</ul>", out);
}

void hg_html_births(FILE *out, const hg_cell *cell)
{
    births sums;
    double below[BARS_MAX] = {0};

    sum_births(&sums, cell);
    if (sums.epochs == 0)
        return;
    hg_scale y = hg_scale_bytes(0, tallest(&sums), 4);
    y.from = HG_PLOT_BOTTOM;
    y.to = HG_PLOT_TOP;
    fputs("<figure class=\"chart\"><figcaption><b>Alive at the end</b>, by round of birth", out);
    write_bin_note(out, &sums.shape);
    fprintf(out, "</figcaption>\n<svg role=\"img\" viewBox=\"0 0 %d %d\" ", HG_CHART_WIDTH, HG_CHART_HEIGHT);
    fputs("aria-label=\"Bytes alive at the end by round of birth; the sums by class follow\">\n", out);
    write_axes(out, &sums, &y);
    for (int i = 0; i < CLASS_COUNT; i++)
        write_stack(out, &sums, stacked[i], &y, below);
    fprintf(out,
            "<path class=\"axis\" d=\"M%d %dH%d\"/><text class=\"tick mid\" x=\"%d\" y=\"%d\">round of "
            "birth%s</text></svg>",
            HG_PLOT_LEFT, HG_PLOT_BOTTOM, PLOT_RIGHT, (HG_PLOT_LEFT + PLOT_RIGHT) / 2, HG_PLOT_BOTTOM + 35,
            sums.shape.warmup > 0 ? " (shaded: warm-up)" : "");
    write_legend(out, &sums);
    fputs("</figure>\n", out);
}
