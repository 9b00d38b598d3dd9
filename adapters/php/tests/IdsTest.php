<?php

declare(strict_types=1);

namespace RestSessions\Tests;

use PHPUnit\Framework\TestCase;
use RestSessions\Client;
use RestSessions\SessionHandler;

/**
 * Where the ids of sessions come from, and who may choose them.
 */
final class IdsTest extends TestCase
{
    private static int $apps = 0;
    private Client $client;
    private Pages $browser;

    protected function setUp(): void
    {
        $app = 'i' . getmypid() . '-' . ++self::$apps;
        $this->client = new Client((string) Servers::env('EMBEDDED'), $app);
        $this->browser = new Pages((string) Servers::env('EMBEDDED'), $app);
    }

    public function testIdsAreAsLongAsTheConfigurationSays(): void
    {
        foreach ([[22, 4, '0-9a-f'], [26, 5, '0-9a-v'], [120, 6, '0-9a-zA-Z-'], [256, 5, '0-9a-v']] as [$length, $bits, $letters]) {
            $page = $this->browser->run("ini_set('session.sid_length', '$length'); ini_set('session.sid_bits_per_character', '$bits');
                session_start(); \$_SESSION['a'] = 1; return [session_id(), session_create_id('p-'), session_regenerate_id(), session_id()];");
            self::assertSame([200, []], [$page->status, $page->warnings], json_encode($page));
            self::assertMatchesRegularExpression("/^[$letters]{{$length}}$/", $page->result[0]);
            self::assertMatchesRegularExpression("/^p-[$letters]{{$length}}$/", $page->result[1]);
            self::assertMatchesRegularExpression("/^[$letters]{{$length}}$/", $page->result[3]);
            self::assertSame(['a' => 1], $this->client->get((string) $this->browser->token)->data);
            $this->browser->token = null;
        }
    }

    /** @return array<string, array{string}> */
    public function ids(): array
    {
        return ['long' => ['import-of-2026-11-28-0001'], 'short' => ['job7'], 'one letter' => ['x'], 'of 21' => [str_repeat('b', 21)]];
    }

    /** @dataProvider ids */
    public function testAnIdThatTheApplicationChooses(string $id): void
    {
        $page = $this->browser->run("session_id('$id'); session_start(); \$_SESSION['a'] = new ArrayObject([1]); session_write_close();
            session_start(); \$_SESSION['b'] = session_id(); return count(\$_SESSION['a']);");
        self::assertSame([1, [], $id], [$page->result, $page->warnings, $this->browser->token], json_encode($page));
        self::assertSame($id, $this->browser->run('session_start(); return $_SESSION["b"];')->result, 'the browser brings it back');
        $elsewhere = $this->browser->run("session_id('$id'); session_start(); session_regenerate_id(true); return \$_SESSION['b'];");
        self::assertSame([$id, true], [$elsewhere->result, $this->browser->token !== $id], json_encode($elsewhere));
        $this->browser->run('session_start(); session_destroy();');
        self::assertSame([], $this->client->list()['sessions']);
    }

    /** @dataProvider ids */
    public function testWhatAVisitorBringsIsNotChosen(string $id): void
    {
        $places = ['$_COOKIE["session"]', '$_COOKIE["other"]', '$_GET["sid"]', '$_POST["sid"]', '$_SERVER["HTTP_X_SESSION"]', '$_SERVER["REQUEST_URI"]'];
        foreach ($places as $place) {
            $page = $this->browser->run("$place = '$id'; session_id('$id'); session_start(); \$_SESSION['a'] = 1; return session_id();");
            self::assertNotSame($id, $page->result, $place);
            $this->browser->token = null;
        }
        $this->browser->token = $id;
        self::assertNotSame($id, $this->browser->run('session_start(); $_SESSION["a"] = 1; return session_id();')->result, 'the cookie');
        $strict = "ini_set('session.use_strict_mode', '1'); RestSessions\\SessionHandler::register(\$client);";
        $this->browser->token = null;
        $page = $this->browser->run("$strict session_id('$id'); session_start(); \$_SESSION['a'] = 1; return session_id();");
        self::assertNotSame($id, $page->result, 'nobody chooses in strict mode');
    }

    public function testPagesWaitForEachOtherBeforeThereIsASession(): void
    {
        $browser = new Pages((string) Servers::env('EMBEDDED'), 'chosen-' . getmypid(), ['lock' => 20.0]);
        $page = 'session_id("import-of-2026-11-28-0002"); session_start(); usleep(50000); $_SESSION["n"] = ($_SESSION["n"] ?? 0) + 1;';
        $pages = $browser->runAll(array_fill(0, 4, $page));
        self::assertSame([200], array_values(array_unique(array_column($pages, 'status'))), json_encode($pages));
        self::assertSame(4, $browser->run('session_start(); return $_SESSION["n"];')->result);
    }

    public function testADirectCallSaysWhetherThereIsASession(): void
    {
        $page = $this->browser->run("ini_set('session.use_strict_mode', '0'); \$direct = new RestSessions\\SessionHandler(\$client);
            \$direct->write('import-of-2026-11-28-0003', 'neither serialize() nor JSON');
            return [\$direct->validateId('import-of-2026-11-28-0003'), \$direct->validateId('import-of-2026-11-28-0004')];");
        self::assertSame([[true, false], []], [$page->result, $page->warnings], json_encode($page));
    }

    public function testTheCookieOfAChosenIdStays(): void
    {
        $page = $this->browser->run('session_name("session"); session_id("job-without-values"); session_start();');
        self::assertSame('job-without-values', $this->browser->token, json_encode($page));
        self::assertSame([], $this->client->list()['sessions']);
    }

    /** @dataProvider handlers */
    public function testReferencesBetweenValuesAreKept(string $handler, string $mode): void
    {
        $browser = new Pages((string) Servers::env('EMBEDDED'), 'ref-' . $handler, ['mode' => $mode]);
        $ini = "ini_set('session.serialize_handler', '$handler');";
        $browser->run("$ini session_start(); \$_SESSION['one'] = 1; \$_SESSION['two'] = &\$_SESSION['one']; \$_SESSION['list'] = [5];
            \$_SESSION['nested'] = ['of' => ['list' => &\$_SESSION['list']]]; \$_SESSION['obj'] = \$_SESSION['same'] = new ArrayObject([1]);
            \$_SESSION['plain'] = ['a', 'b']; foreach (\$_SESSION['plain'] as &\$item) { \$item .= '!'; } \$_SESSION['round'] = [1]; \$_SESSION['round'][] = &\$_SESSION['round'];");
        $page = $browser->run("$ini session_start(); \$_SESSION['one'] = 2; \$_SESSION['nested']['of']['list'][] = 6; \$_SESSION['same'][] = 2;
            return [\$_SESSION['two'], \$_SESSION['list'], count(\$_SESSION['obj']), \$_SESSION['round'][1][1][0], \$_SESSION['plain']];");
        self::assertSame([2, [5, 6], 2, 1, ['a!', 'b!']], $page->result, json_encode($page));
        $again = $browser->run("$ini session_start(); return [\$_SESSION['two'], \$_SESSION['list']];");
        self::assertSame([2, [5, 6]], $again->result, json_encode($again));
        if ($mode === SessionHandler::SHARED) {
            $data = (new Client((string) Servers::env('EMBEDDED'), 'ref-' . $handler))->get((string) $browser->token)->data;
            self::assertSame(['a!', 'b!'], $data['plain'], 'a reference to a variable of the page is none');
        }
    }

    /** @return list<array{string, string}> */
    public function handlers(): array
    {
        $modes = [SessionHandler::SHARED, SessionHandler::OPAQUE];

        return array_merge(...array_map(
            static fn (string $handler): array => array_map(static fn (string $mode): array => [$handler, $mode], $modes),
            ['php', 'php_binary', 'php_serialize'],
        ));
    }
}
