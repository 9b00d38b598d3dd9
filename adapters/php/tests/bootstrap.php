<?php

declare(strict_types=1);

require __DIR__ . '/../autoload.php';
require __DIR__ . '/Contract.php';
require __DIR__ . '/Servers.php';
require __DIR__ . '/Pages.php';
