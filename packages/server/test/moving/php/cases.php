<?php

/*
 * Sessions of PHP as PHP itself writes them, and what our adapter makes of each: a JSON line with the text in both formats and the data that
 * adapters/php would have stored. The first argument is how many random sessions there are beside those that are named, the second the seed.
 */

declare(strict_types=1);

use RestSessions\Internal\Json;
use RestSessions\Internal\PhpText;
use RestSessions\Internal\SharedFormat;

require __DIR__ . '/../../../../../adapters/php/autoload.php';

ob_start();
ini_set('session.use_cookies', '0');
ini_set('session.use_only_cookies', '0');
ini_set('session.cache_limiter', '');
session_set_save_handler(new class () implements SessionHandlerInterface {
    public function open(string $path, string $name): bool
    {
        return true;
    }

    public function close(): bool
    {
        return true;
    }

    public function read(string $id): string
    {
        return '';
    }

    public function write(string $id, string $data): bool
    {
        return true;
    }

    public function destroy(string $id): bool
    {
        return true;
    }

    public function gc(int $max_lifetime): int
    {
        return 0;
    }
});

enum Suit: string
{
    case Hearts = 'h';
    case Spades = 's';
}

class Account
{
    public mixed $name = 'ada';
    protected mixed $roles = ['admin'];
    private mixed $secret = null;
    public mixed $other = null;
}

class Slept
{
    public mixed $kept = 1;
    public mixed $dropped = 2;

    public function __sleep(): array
    {
        return ['kept'];
    }
}

class Packed
{
    public function __construct(public mixed $value = null)
    {
    }

    public function __serialize(): array
    {
        return ['v' => $this->value, 7 => [1.5, null]];
    }

    public function __unserialize(array $data): void
    {
        $this->value = $data['v'];
    }
}

/** The text of a session in a format of the session module. */
function text(array $session, string $handler): string
{
    ini_set('session.serialize_handler', $handler);
    session_start();
    $_SESSION = [];
    foreach (array_keys($session) as $key) {
        $_SESSION[$key] = &$session[$key];
    }
    $text = (string) session_encode();
    session_abort();

    return $text;
}

/** What the adapter stores of a new session that has this text. Null when it begins none. */
function stored(string $text, ?string $bag): ?string
{
    $format = new SharedFormat(new PhpText('serialize'), $bag);
    $format->read(new stdClass());
    $change = $format->change($text);

    return $change->isEmpty() ? null : Json::encode((object) $change->set);
}

/** @param list<string> $forms */
function line(string $name, array $session, ?string $bag = null, array $forms = ['php_serialize', 'php']): void
{
    foreach ($forms as $form) {
        $text = @text($session, $form);
        // The adapter reads what PHP has in this form: keys that are numbers are none of `php`.
        $same = $session;
        if ($form === 'php') {
            foreach (array_keys($same) as $key) {
                if (is_int($key)) {
                    unset($same[$key]);
                }
            }
        }
        $known = text($same, 'php_serialize');
        echo json_encode([
            'name' => "$name, $form",
            'form' => $form,
            'text' => base64_encode($text),
            'data' => base64_encode(stored($known, $bag) ?? ''),
        ], JSON_THROW_ON_ERROR), "\n";
    }
}

/** What has been made so far, for references and for objects that come again. */
$pool = [];

function anything(int $depth): mixed
{
    global $pool;
    $kind = mt_rand(0, $depth > 4 ? 11 : 19);
    switch ($kind) {
        case 0: return null;
        case 1: return (bool) mt_rand(0, 1);
        case 2: return mt_rand(-1000, 1000);
        case 3: return [PHP_INT_MAX, PHP_INT_MIN, 9007199254740993, -9007199254740993, 0][mt_rand(0, 4)];
        case 4: return [0.1, 1.0, -0.0, 1e15, 1e17, 123456789012345678.0, 1.5e300, 5e-324, 1e-5, 0.0001, 1e22, 2 / 3, INF, -INF][mt_rand(0, 13)];
        case 5: return ['', 'text', "line\nbreak\0\x7f\u{2028}", '😀 ä é', '"\\/', '</script>', 'O:8:"stdClass":0:{}', 'R:1;', "\u{feff}bom"][mt_rand(0, 8)];
        case 6: return ["\xff\x00bytes", "\xed\xa0\x80", "\xc0\x80", "\xf4\x90\x80\x80"][mt_rand(0, 3)];
        case 7: return Suit::cases()[mt_rand(0, 1)];
        case 8: return mt_rand() / mt_getrandmax() * 10 ** mt_rand(-30, 30);
        case 9: return $pool === [] ? null : $pool[mt_rand(0, count($pool) - 1)];
        case 10: return [];
        case 11: return (string) mt_rand(-5, 5);
        case 12: case 13: case 14: case 15:
            $array = [];
            for ($i = mt_rand(0, 4); $i > 0; $i--) {
                $value = anything($depth + 1);
                if (mt_rand(0, 2) === 0) {
                    $array[] = $value;
                } else {
                    $array[['a', 'b', '_c', '5', '05', '-3', '-0', "k\u{e9}", "\xff", '', "\0x", 'a|b'][mt_rand(0, 11)]] = $value;
                }
            }
            $names = array_keys($array);
            if (count($names) > 1 && mt_rand(0, 3) === 0) {
                $array['linked'] = &$array[$names[0]];
            }

            return $array;
        case 16:
            $object = new Account();
            $object->name = anything($depth + 1);
            $object->other = mt_rand(0, 3) === 0 ? $object : anything($depth + 1);
            return $pool[] = $object;
        case 17:
            $object = new stdClass();
            $object->{'5'} = anything($depth + 1);
            $object->x = anything($depth + 1);
            return $pool[] = $object;
        case 18: return $pool[] = new Slept();
        default: return $pool[] = mt_rand(0, 1) === 0 ? new Packed(anything($depth + 1)) : new ArrayObject(['a' => anything($depth + 1)]);
    }
}

line('nothing', []);
line('scalars', ['user' => 'ada', 'visits' => 3, 'vip' => true, 'none' => null, 'rate' => 0.5]);
line('numbers', ['max' => PHP_INT_MAX, 'min' => PHP_INT_MIN, 'odd' => 9007199254740993, 'one' => 1.0, 'zero' => -0.0, 'inf' => INF, 'nan' => NAN]);
line('arrays', ['list' => [1, 2], 'map' => ['b' => 1, 'a' => [true]], 'none' => [], 'gap' => [1 => 'a'], 'turned' => [1 => 'b', 0 => 'a']]);
line('keys', [5 => 'five', '05' => 1, '-1' => 2, '' => 3, '_own' => 4, 'é' => 6, "\xff" => 7]);
line('a key with a line', ['a|b' => 5, 'plain' => 1], forms: ['php_serialize']);
line('bytes', ['bytes' => "\xff\x00\xfe", 'text' => 'ok', 'within' => ['deep' => ["\x80"]]]);
$account = new Account();
$account->other = $account;
line('objects', ['account' => $account, 'same' => $account, 'plain' => 'x', 'list' => [$account, Suit::Hearts, Suit::Hearts]]);
line('only objects', ['account' => new ArrayObject([1, 2])]);
$linked = ['a' => ['n' => 1], 'c' => 1, 'd' => ['x' => 2]];
$linked['b'] = &$linked['a'];
$linked['e'] = [&$linked['d']['x']];
line('references', $linked);
$object = new stdClass();
$shared = ['cart' => [1], 'object' => $object, 'after' => 'x'];
$object->cart = &$shared['cart'];
line('a reference out of an object', $shared);
$circle = ['plain' => 1, 'circle' => [1]];
$circle['circle'][] = &$circle['circle'];
line('a circle', $circle);
$deep = 1;
for ($i = 0; $i < 600; $i++) {
    $deep = [$deep];
}
line('deep arrays', ['deep' => $deep, 'x' => 1]);
$chain = null;
for ($i = 0; $i < 1000; $i++) {
    $link = new stdClass();
    $link->next = $chain;
    $chain = $link;
}
line('a long chain of objects', ['chain' => $chain]);
$meta = ['u' => 1700000100, 'c' => 1700000000, 'l' => 0];
$flashes = ['notice' => ['saved']];
line('symfony', ['_sf2_attributes' => ['user' => 'ada', '_csrf' => 'x', 'o' => new stdClass()], '_sf2_flashes' => $flashes, '_sf2_meta' => $meta], '_sf2_attributes');
line('symfony, seen only', ['_sf2_attributes' => [], '_sf2_meta' => $meta], '_sf2_attributes');
line('symfony, only flashes', ['_sf2_flashes' => $flashes, '_sf2_meta' => $meta], '_sf2_attributes');

mt_srand((int) ($argv[2] ?? 1));
for ($n = (int) ($argv[1] ?? 0); $n > 0; $n--) {
    $pool = [];
    $session = [];
    for ($i = mt_rand(1, 6); $i > 0; $i--) {
        $session[['user', 'cart', '_token', 'n', 'Z', 'x y', 'é', "\xfe", 'q'][mt_rand(0, 8)] . mt_rand(0, 2)] = anything(0);
    }
    $names = array_keys($session);
    if (count($names) > 2 && mt_rand(0, 2) === 0) {
        $session['alias'] = &$session[$names[1]];
    }
    line("random $n", $session);
}
ob_end_flush();
