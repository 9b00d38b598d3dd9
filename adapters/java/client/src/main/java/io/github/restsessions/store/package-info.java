/**
 * What the session layers of frameworks have in common: sessions whose attributes are Java objects,
 * of which only the changed ones are written.
 *
 * <p>An attribute whose value JSON has is a key of the session's data, which every stack reads and
 * writes. What JSON does not tell apart, as {@code Long} from {@code Integer}, is noted beside it,
 * under a private key. Objects that JSON has no form for are under a private key alone, serialized
 * by Java.
 */
package io.github.restsessions.store;
