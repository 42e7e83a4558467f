/* A library that the guest `load` loads. */
const char *plugin_word(void) { return "loaded"; }
