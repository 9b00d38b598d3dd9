package io.github.restsessions.moving;

import java.io.Serializable;
import java.util.List;

/** A value that JSON has no form for. */
record Basket(String owner, List<String> things) implements Serializable {}
