<?php

declare(strict_types=1);

namespace RestSessions\Tests;

/**
 * A browser for pages that PHP's own web server serves, eight at once. The code of a page comes with the request.
 */
final class Pages
{
    private static ?string $server = null;
    /** What the browser has; null for no cookie. */
    public ?string $token = null;

    /**
     * @param array<string, mixed> $options of SessionHandler::register()
     * @param 'native'|'symfony' $framework
     */
    public function __construct(
        private readonly string $url,
        private readonly string $app,
        private readonly array $options = [],
        private readonly string $framework = 'native',
    ) {
    }

    /** Runs the code of one page after register(). What it returns is `result`. */
    public function run(string $code): Page
    {
        return $this->runAll([$code])[0];
    }

    /**
     * Runs pages at the same time.
     *
     * @param list<string> $codes
     * @return list<Page>
     */
    public function runAll(array $codes): array
    {
        self::$server ??= self::start();
        $multi = curl_multi_init();
        $curls = $pages = [];
        foreach ($codes as $number => $code) {
            $body = json_encode(get_object_vars($this) + ['code' => $code]);
            $pages[$number] = new Page();
            $curls[$number] = curl_init(self::$server);
            curl_setopt_array($curls[$number], [
                CURLOPT_POSTFIELDS => $body,
                CURLOPT_RETURNTRANSFER => true,
                CURLOPT_PROXY => '',
                CURLOPT_USERAGENT => 'test browser',
                CURLOPT_HTTPHEADER => $this->token === null ? [] : ["Cookie: session=$this->token"],
                CURLOPT_HEADERFUNCTION => $pages[$number]->header(...),
            ]);
            curl_multi_add_handle($multi, $curls[$number]);
        }
        do {
            curl_multi_exec($multi, $running);
        } while ($running > 0 && curl_multi_select($multi) !== 100);
        foreach ($curls as $number => $curl) {
            $pages[$number]->end((int) curl_getinfo($curl, CURLINFO_RESPONSE_CODE), (string) curl_multi_getcontent($curl));
            $this->token = $pages[$number]->tokenAfter($this->token);
        }

        return array_values($pages);
    }

    private static function start(): string
    {
        $command = [PHP_BINARY, '-d', 'display_errors=1', '-d', 'html_errors=0', '-S', '127.0.0.1:0', __DIR__ . '/pages/index.php'];
        $env = ['PATH' => (string) getenv('PATH'), 'PHP_CLI_SERVER_WORKERS' => '8'];
        [, $found] = Servers::process($command, $env, '~\((http://127\.0\.0\.1:\d+)\) started~');

        return $found[1];
    }
}

/**
 * What a page answered.
 */
final class Page
{
    public int $status = 0;
    /** What the code returned; or the text of the answer, where the page failed before. */
    public mixed $result = null;
    /** @var list<string> */
    public array $warnings = [];
    /** The class and message of what was thrown; empty for nothing. */
    public string $thrown = '';
    /** @var list<string> the headers Set-Cookie of the session, without their name */
    public array $setCookies = [];

    public function header(mixed $_curl, string $line): int
    {
        if (preg_match('/^set-cookie: session=(.*)$/i', trim($line), $found) === 1) {
            $this->setCookies[] = $found[1];
        }

        return strlen($line);
    }

    public function end(int $status, string $text): void
    {
        $this->status = $status;
        $answer = json_decode($text, true);
        $this->result = is_array($answer) ? $answer['result'] : $text;
        $this->warnings = $answer['warnings'] ?? [];
        $this->thrown = $answer['thrown'] ?? '';
    }

    /** Gives the token that the browser has after this page. Absence: null. */
    public function tokenAfter(?string $before): ?string
    {
        foreach ($this->setCookies as $cookie) {
            $before = str_contains($cookie, 'Max-Age=0') ? null : explode(';', $cookie)[0];
        }

        return $before;
    }
}
