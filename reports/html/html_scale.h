/*
 * Axes with round ticks: 1, 2 or 5 times a power of ten, for bytes within a binary unit (Heckbert, "Nice
 * Numbers for Graph Labels", Graphics Gems, 1990).
 */
#ifndef HG_HTML_HTML_SCALE_H
#define HG_HTML_HTML_SCALE_H

typedef struct hg_scale {
    double low, high; /* of the data, widened to whole ticks upwards; high > low */
    double step;      /* between ticks, > 0 */
    double from, to;  /* the places of low and high on the page; from may be the larger */
} hg_scale;

#define HG_SCALE_TICKS_MAX 8

/* An axis from 0 (or from the lowest value, if negative) to the highest, with about so many ticks. */
hg_scale hg_scale_counts(double lowest, double highest, int ticks);
hg_scale hg_scale_bytes(double lowest, double highest, int ticks);

/* The place of a value on the page; a value outside the axis gets the nearest end. */
double hg_scale_at(const hg_scale *scale, double value);

#endif
