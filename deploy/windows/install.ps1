#Requires -Version 5.1
<#
.SYNOPSIS
Installs sims-sync, or a newer version of it, on a Windows server. Nothing is fetched from the internet.

.DESCRIPTION
Everything is built beside what runs; only when that has worked is the old version replaced.
Run it as an administrator, from the unpacked folder. With -WhatIf it says what it would do, and does nothing.

.PARAMETER ProgramFolder
Where the program goes: a folder in which only administrators write.

.PARAMETER DataFolder
Where config.toml and the data are to be: on a disk of this machine, never on a share.

.PARAMETER Python
The python.exe to use, if `py` does not find Python 3.13 for all users.

.PARAMETER LeaveDatabase
Let the service itself back up and update the database when it starts: for secrets in the keyring of its account, which
an administrator cannot read.

.EXAMPLE
powershell -ExecutionPolicy Bypass -File install.ps1 -WhatIf
#>
[CmdletBinding(SupportsShouldProcess = $true)]
param(
    [string] $ProgramFolder = (Join-Path $env:ProgramFiles 'sims-sync'),
    [string] $DataFolder = (Join-Path $env:ProgramData 'sims-sync'),
    [string] $Python = '',
    [switch] $LeaveDatabase
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
$PythonVersion = '3.13'
$ServiceName = 'sims-sync'
$Here = Split-Path -Parent $MyInvocation.MyCommand.Path

$script:Begun = $false  # something was stopped or moved aside, and the new version has not taken its place

function Stop-Here([string] $Message) {
    Restore-Before
    Write-Host "install.ps1: $Message" -ForegroundColor Red
    exit 2
}

# What ran runs again, also where the same version was being built anew.
function Restore-Before {
    if (-not $script:Begun) { return }
    $script:Begun = $false
    if (Test-Path -LiteralPath $aside) {
        if (Test-Path -LiteralPath $new) { Remove-Item -LiteralPath $new -Recurse -Force }
        Move-Item -LiteralPath $aside -Destination $new
    }
    Start-Again $way
}

# Runs a program, and ends the installation if it fails.
function Invoke-Program([string] $Program, [string[]] $Arguments, [string] $Otherwise) {
    & $Program $Arguments
    if ($LASTEXITCODE -ne 0) {
        Stop-Here "$Otherwise ($Program ended with $LASTEXITCODE)."
    }
}

function Test-Administrator {
    $identity = [Security.Principal.WindowsIdentity]::GetCurrent()
    $principal = New-Object Security.Principal.WindowsPrincipal($identity)
    return $principal.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)
}

function Find-Python {
    if ($Python -ne '') {
        if (-not (Test-Path -LiteralPath $Python)) { Stop-Here "$Python is not there." }
        return $Python
    }
    if (Get-Command 'py.exe' -ErrorAction SilentlyContinue) {
        $found = & 'py.exe' "-$PythonVersion" '-c' 'import sys; print(sys.executable)'
        if ($LASTEXITCODE -eq 0) { return $found }
    }
    Stop-Here "Python $PythonVersion (64-bit) is not installed for all users. Install it, or say -Python PATH."
}

# The wheels are for one Python and one kind of processor; a service cannot use a Python in somebody's profile.
function Assert-Python([string] $Path) {
    $code = 'import platform, struct, sys; print(sys.version_info[0], sys.version_info[1], platform.machine(), struct.calcsize(chr(80)) * 8)'
    $said = & $Path '-c' $code
    if ($LASTEXITCODE -ne 0) { Stop-Here "$Path does not run." }
    $wanted = $PythonVersion.Replace('.', ' ') + ' AMD64 64'
    if ($said -ne $wanted) {
        Stop-Here "$Path is not Python $PythonVersion, 64-bit, for x64 (it says: $said). Install that one, or say -Python PATH."
    }
    if ($Path -like (Join-Path $env:SystemDrive '\Users\*')) {
        Stop-Here "$Path is one person's: the service cannot use it. Install Python again, for all users."
    }
}

function Assert-Unchanged {
    foreach ($line in Get-Content -LiteralPath (Join-Path $Here 'SHA256SUMS') -Encoding UTF8) {
        if ($line.Trim() -eq '') { continue }
        $hash, $name = $line -split '  ', 2
        $file = Join-Path $Here $name.Replace('/', '\')
        if (-not (Test-Path -LiteralPath $file)) { Stop-Here "$name is missing: unpack the whole zip again." }
        if ((Get-FileHash -LiteralPath $file -Algorithm SHA256).Hash -ne $hash) {
            Stop-Here "$name is not as it was packed: get the zip again."
        }
    }
}

function Get-ShippedVersion {
    $line = Get-Content -LiteralPath (Join-Path $Here 'requirements.txt') -Encoding UTF8 | Where-Object { $_ -match '^sims-sync\[' }
    $found = [regex]::Match("$line", '==(\S+)')
    if (-not $found.Success) { Stop-Here 'requirements.txt does not name the version: unpack the whole zip again.' }
    return $found.Groups[1].Value
}

# What runs now: 'service', 'task' or ''.
function Get-RunningWay {
    $service = Get-Service -Name $ServiceName -ErrorAction SilentlyContinue
    if ($service -and $service.Status -eq 'Running') { return 'service' }
    $task = Get-ScheduledTask -TaskName $ServiceName -ErrorAction SilentlyContinue
    if ($task -and $task.State -eq 'Running') { return 'task' }
    return ''
}

# A task is only ended hard by Windows: the stop file lets the run in hand end first.
function Stop-Running([string] $Way) {
    if ($Way -eq 'service') { Stop-Service -Name $ServiceName }
    if ($Way -eq 'task') {
        $work = Join-Path $DataFolder 'work'
        New-Item -ItemType Directory -Path $work -Force | Out-Null
        $stop = Join-Path $work 'stop'
        New-Item -ItemType File -Path $stop -Force | Out-Null
        for ($second = 0; $second -lt 60 -and (Get-RunningWay) -eq 'task'; $second++) { Start-Sleep -Seconds 1 }
        Stop-ScheduledTask -TaskName $ServiceName
        Remove-Item -LiteralPath $stop -Force -ErrorAction SilentlyContinue
    }
}

function Start-Again([string] $Way) {
    if ($Way -eq 'service') { Start-Service -Name $ServiceName }
    if ($Way -eq 'task') { Start-ScheduledTask -TaskName $ServiceName }
}

# Only the system and administrators; `service install` adds the service's account. Numbers, since the names are translated.
function New-DataFolder {
    New-Item -ItemType Directory -Path $DataFolder -Force | Out-Null
    $rights = @($DataFolder, '/inheritance:r', '/grant:r', '*S-1-5-18:(OI)(CI)F', '*S-1-5-32-544:(OI)(CI)F')
    Invoke-Program 'icacls.exe' $rights 'The rights on the data folder were not set'
}

function Install-Version([string] $Interpreter, [string] $Folder) {
    # One that a power cut left aside is the whole one.
    if (Test-Path -LiteralPath $aside) {
        if (Test-Path -LiteralPath $Folder) { Remove-Item -LiteralPath $Folder -Recurse -Force }
    } elseif (Test-Path -LiteralPath $Folder) {
        Move-Item -LiteralPath $Folder -Destination $aside
    }
    Invoke-Program $Interpreter @('-m', 'venv', $Folder) 'The environment was not made'
    $own = Join-Path $Folder 'Scripts\python.exe'
    $wheels = Join-Path $Here 'wheels'
    $list = Join-Path $Here 'requirements.txt'
    $pip = @('-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-index', '--find-links', $wheels)
    Invoke-Program $own ($pip + @('--require-hashes', '--requirement', $list)) 'The packages were not installed'
    & $own '-m' 'compileall' '-q' (Join-Path $Folder 'Lib')
    Invoke-Program (Join-Path $Folder 'Scripts\sims-sync.exe') @('--version') 'The new version does not start'
}

# `current` is a junction: the service and you name it, and it leads to the newest version.
function Set-Current([string] $Folder) {
    $current = Join-Path $ProgramFolder 'current'
    if (Test-Path -LiteralPath $current) { [IO.Directory]::Delete($current) }
    New-Item -ItemType Junction -Path $current -Target $Folder | Out-Null
}

# 1. Is this machine one it can be installed on?
if (-not (Test-Administrator) -and -not $WhatIfPreference) {
    Stop-Here 'needs an administrator: start PowerShell with "Run as administrator".'
}
if ($DataFolder.StartsWith('\\')) { Stop-Here 'the data folder must be on a disk of this machine: a database on a share is damaged.' }
$interpreter = Find-Python
Assert-Python $interpreter
Assert-Unchanged
$version = Get-ShippedVersion
$new = Join-Path $ProgramFolder $version
$aside = "$new.before"
$config = Join-Path $DataFolder 'config.toml'
$command = Join-Path $ProgramFolder 'current\Scripts\sims-sync.exe'
$way = Get-RunningWay
Write-Host "sims-sync $version goes to $new, its configuration and data to $DataFolder."

trap { Restore-Before; break }

# 2. The new version, beside the old one. Installing the same version again builds it anew, so nothing of it may run.
if (-not $WhatIfPreference) { $script:Begun = $true }
if ($way -ne '' -and (Test-Path -LiteralPath $new) -and $PSCmdlet.ShouldProcess($ServiceName, 'Stop')) { Stop-Running $way }
if ($PSCmdlet.ShouldProcess($new, 'Install the program')) { Install-Version $interpreter $new }
if (-not (Test-Path -LiteralPath $config) -and $PSCmdlet.ShouldProcess($DataFolder, 'Make the data folder and set its rights')) { New-DataFolder }

# 3. The old version ends, the database follows, the new one takes its name.
if ($way -ne '' -and $PSCmdlet.ShouldProcess($ServiceName, 'Stop')) { Stop-Running $way }
if (-not $LeaveDatabase -and (Test-Path -LiteralPath $config) -and $PSCmdlet.ShouldProcess($config, 'Bring the database up to date')) {
    & (Join-Path $new 'Scripts\sims-sync.exe') 'db' 'upgrade' '--config' $config
    if ($LASTEXITCODE -ne 0) {
        Stop-Here 'the database was not brought up to date: the old version stays. Do what stands above, then run this again.'
    }
}
if ($PSCmdlet.ShouldProcess($command, 'Make this the version that runs')) {
    Set-Current $new
    $script:Begun = $false
    if (Test-Path -LiteralPath $aside) { Remove-Item -LiteralPath $aside -Recurse -Force }
}
if ($way -ne '' -and $PSCmdlet.ShouldProcess($ServiceName, 'Start')) {
    Start-Again $way
    Write-Host "The service runs on $version."
} elseif (Test-Path -LiteralPath $config) {
    Write-Host "Next: & '$command' service install --config '$config'"
} else {
    Write-Host "Next: & '$command' init '$DataFolder'"
}
