/* One line a thing worth telling: text on a terminal, JSON else. Nobody logs in domain/. */
#pragma once

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
void log_setup(enum log_level least, int as_json); /* to stderr */
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Lines of this thread wait until log_spill(), a warning or a full page, and are written at once: for a
 * thread that answers many calls in a row. Everything else is written as it comes. */
void log_gather(void);
void log_spill(void);
#define log_info(...)  log_line(LOG_INFO, __VA_ARGS__)
#define log_warn(...)  log_line(LOG_WARN, __VA_ARGS__)
#define log_error(...) log_line(LOG_ERROR, __VA_ARGS__)
