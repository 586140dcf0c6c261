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

/* One path for the bars from first to last: an upright line for each. */
static void write_small_bars(FILE *out, const char *style, const double *bars, size_t first, size_t last,
                             double most)
{
    fprintf(out, "<path class=\"%s\" d=\"", style);
    for (size_t i = first; i < last; i++) {
        double height = bars[i] / most * SMALL_HEIGHT;
        if (bars[i] <= 0)
            continue;
        /* one block stays visible beside a million */
        fprintf(out, "M%zu %dV", i * SMALL_WIDTH + SMALL_WIDTH / 2, SMALL_HEIGHT + 2);
        hg_html_coordinate(out, SMALL_HEIGHT + 2 - fmax(height, 1));
    }
    fputs("\"/>", out);
}

/* A single bar is no picture: the numbers are enough. */
static void write_small_picture(FILE *out, const bins *shape, const double *bars, const hg_site *site)
{
    int width = (int)shape->count * SMALL_WIDTH;
    double most = 0;
    size_t drawn = 0;

    for (size_t i = 0; i < shape->count; i++) {
        most = fmax(most, bars[i]);
        drawn += bars[i] > 0;
    }
    if (drawn < 2)
        return;
    fprintf(out, "<svg class=\"%s\" aria-hidden=\"true\" width=\"%d\" height=\"%d\">",
            hg_class_name(site->growth_class), width, SMALL_HEIGHT + 4);
    write_small_bars(out, "bar warm", bars, 0, shape->warmup, most);
    write_small_bars(out, "bar", bars, shape->warmup, shape->count, most);
    fprintf(out, "<path class=\"axis\" d=\"M0 %d.5H%d\"/></svg>", SMALL_HEIGHT + 2, width);
}

void hg_html_survivors(FILE *out, const hg_cell *cell, const hg_site *site)
{
    double bars[BARS_MAX] = {0};

    if (!site->survivor_blocks || site->epoch_count == 0)
        return;
    bins shape = make_bins(cell, site->epoch_count);
    add_survivors(bars, &shape, site->survivor_blocks, site->epoch_count);
    fputs("<figure class=\"survivors\"><figcaption>Blocks alive, by the round that allocated them", out);
    write_bin_note(out, &shape);
    fprintf(out, "%s</figcaption>", shape.warmup > 0 ? "; warm-up | measured" : "");
    write_small_picture(out, &shape, bars, site);
    fputs("<p class=\"numbers\">", out);
    for (size_t i = 0; i < shape.count; i++) {
        double shown = fmin(bars[i], 9e18);
        fprintf(out, "%s%s",
                i == 0              ? ""
                : i == shape.warmup ? " | "
                                    : " ",
                hg_human_tally((int64_t)shown).text);
    }
    fputs("</p></figure>\n", out);
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
    fprintf(out, "<path class=\"birth %s\" stroke-width=\"", hg_class_name(of));
    hg_html_coordinate(out, fmax(pitch * 0.84, 1));
    fputs("\" d=\"", out);
    for (size_t i = 0; i < sums->shape.count; i++) {
        if (sums->bytes[of][i] <= 0)
            continue;
        double bottom = hg_scale_at(y, below[i]);
        double top = fmin(hg_scale_at(y, below[i] + sums->bytes[of][i]), bottom - 0.6);
        below[i] += sums->bytes[of][i];
        fputc('M', out);
        hg_html_coordinate(out, HG_PLOT_LEFT + ((double)i + 0.5) * pitch);
        fputc(' ', out);
        hg_html_coordinate(out, bottom);
        fputc('V', out);
        hg_html_coordinate(out, top);
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
    fprintf(out, "<g class=\"tick mid\" transform=\"translate(0 %d)\">", HG_PLOT_BOTTOM + 17);
    for (size_t i = 0; i < sums->shape.count; i += every) {
        fputs("<text x=\"", out);
        hg_html_coordinate(out, HG_PLOT_LEFT + ((double)i + 0.5) * pitch);
        fprintf(out, "\">%zu</text>", i * sums->shape.rounds);
    }
    fputs("</g>\n", out);
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

/* Whether there is one bar only, which is no picture. */
static bool is_one_bar(const births *sums, size_t *ret_bar)
{
    size_t bars = 0;

    for (size_t i = 0; i < sums->shape.count; i++) {
        double height = 0;
        for (int c = 0; c < CLASS_COUNT; c++)
            height += sums->bytes[c][i];
        if (height > 0) {
            *ret_bar = i;
            bars++;
        }
    }
    return bars == 1 && sums->shape.rounds == 1;
}

/* Whether both have the same bars, to a hundredth of the tallest. */
static bool same_births(const births *a, const births *b)
{
    double most = tallest(a) / 100;

    if (a->epochs != b->epochs || a->shape.count != b->shape.count || a->shape.warmup != b->shape.warmup)
        return false;
    for (int c = 0; c < CLASS_COUNT; c++)
        for (size_t i = 0; i < a->shape.count; i++)
            if (fabs(a->bytes[c][i] - b->bytes[c][i]) > most)
                return false;
    return true;
}

/* The cell of the same subject on an earlier allocator whose picture would be the same; NULL: none. */
static const hg_cell *find_like(const hg_view *view, size_t index, const births *sums)
{
    const hg_cell *cell = view->cells[index];
    births other;

    for (size_t c = index > HG_HTML_CELLS_BACK ? index - HG_HTML_CELLS_BACK : 0; c < index; c++) {
        if (!hg_same_text(cell->workload, view->cells[c]->workload) ||
            !hg_same_text(cell->subject, view->cells[c]->subject))
            continue;
        sum_births(&other, view->cells[c]);
        if (same_births(&other, sums))
            return view->cells[c];
    }
    return NULL;
}

void hg_html_births(FILE *out, const hg_view *view, size_t index)
{
    births sums;
    double below[BARS_MAX] = {0};

    sum_births(&sums, view->cells[index]);
    if (sums.epochs == 0)
        return;
    const hg_cell *like = find_like(view, index, &sums);
    hg_scale y = hg_scale_bytes(0, tallest(&sums), 4);
    y.from = HG_PLOT_BOTTOM;
    y.to = HG_PLOT_TOP;
    fputs("<figure class=\"chart\"><figcaption><b>Alive at the end</b>, by round of birth", out);
    size_t bar;
    if (like || is_one_bar(&sums, &bar)) {
        if (like)
            fputs(": the same, to 1 %, as ", out), hg_html_cell_name(out, like);
        else
            fprintf(out, ": all in round %zu", bar * sums.shape.rounds);
        fputs("</figcaption>\n", out);
        write_legend(out, &sums);
        fputs("</figure>\n", out);
        return;
    }
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
