/* What may have been meant by a word that nobody knows. */
#pragma once

struct nearest {
    const char *typed, *best; /* best: NULL while nothing is near */
    int distance;
};

/* Offers one word; the nearest is kept when it is near enough for a slip of the fingers. */
void nearest_offer(struct nearest *n, const char *word);
