<?php

declare(strict_types=1);

namespace RestSessions\Tests;

use PHPUnit\Framework\TestCase;

final class ReadmeTest extends TestCase
{
    public function testTheLinesOfTheReadmeRun(): void
    {
        preg_match('/```php\n(.*?)```/s', (string) file_get_contents(__DIR__ . '/../README.md'), $found);
        $code = strtr($found[1], [
            'http://127.0.0.1:3000' => (string) Servers::env('EMBEDDED'),
            "'vendor/autoload.php'" => var_export(dirname(__DIR__) . '/autoload.php', true),
        ]);
        $file = sys_get_temp_dir() . '/rest-sessions-readme-' . bin2hex(random_bytes(6)) . '.php';
        file_put_contents($file, $code);
        $env = ['PATH' => (string) getenv('PATH')];
        [$process, [, $url]] = Servers::process([PHP_BINARY, '-S', '127.0.0.1:0', $file], $env, '~\((http://127\.0\.0\.1:\d+)\) started~');
        $curl = curl_init($url);
        curl_setopt_array($curl, [CURLOPT_RETURNTRANSFER => true, CURLOPT_COOKIEFILE => '', CURLOPT_PROXY => '']);
        $said = [curl_exec($curl), curl_exec($curl)];
        Servers::stop($process);
        unlink($file);
        self::assertSame(['visits: 1', 'visits: 2'], $said);
    }
}
