/* What may have been meant by a word that nobody knows: the one with the fewest slips in between. */
#include "client/nearest.h"

#include <stdbool.h>
#include <string.h>

#define WORD_MAX 48

/* How many letters to add, drop or change; words that are too long are far. */
static int slips(const char *a, const char *b)
{
    int row[WORD_MAX + 1], m = (int)strlen(a), n = (int)strlen(b);
    if (m > WORD_MAX || n > WORD_MAX)
        return WORD_MAX;
    for (int j = 0; j <= n; j++)
        row[j] = j;
    for (int i = 1; i <= m; i++) {
        int diagonal = row[0];
        row[0] = i;
        for (int j = 1; j <= n; j++) {
            int change = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            int least = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
            row[j] = change < least ? change : least;
        }
    }
    return row[n];
}

void nearest_offer(struct nearest *n, const char *word)
{
    int len = (int)strlen(n->typed), far = len < 4 ? 1 : 2;
    bool is_beginning = len >= 3 && strncmp(word, n->typed, (size_t)len) == 0;
    int d = is_beginning ? 0 : slips(n->typed, word);
    if (d <= far && (!n->best || d < n->distance)) {
        n->best = word;
        n->distance = d;
    }
}
