package io.github.restsessions;

import java.net.http.HttpHeaders;

/** What a server answered. */
record Answer(int status, HttpHeaders headers, String body) {}
