#Requires -Version 5.1
<#
.SYNOPSIS
Takes the service and the program of sims-sync away. The configuration and the data stay.

.EXAMPLE
powershell -ExecutionPolicy Bypass -File uninstall.ps1 -WhatIf
#>
[CmdletBinding(SupportsShouldProcess = $true)]
param(
    [string] $ProgramFolder = (Join-Path $env:ProgramFiles 'sims-sync'),
    [string] $DataFolder = (Join-Path $env:ProgramData 'sims-sync')
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
$current = Join-Path $ProgramFolder 'current'
$command = Join-Path $current 'Scripts\sims-sync.exe'

if ((Test-Path -LiteralPath $command) -and $PSCmdlet.ShouldProcess('sims-sync', 'Remove the service')) {
    foreach ($way in @('winsw', 'task')) {
        if ($way -eq 'winsw' -and -not (Get-Service -Name 'sims-sync' -ErrorAction SilentlyContinue)) { continue }
        & $command 'service' 'remove' '--way' $way
    }
}
if ((Test-Path -LiteralPath $ProgramFolder) -and $PSCmdlet.ShouldProcess($ProgramFolder, 'Remove the program')) {
    # The junction first, and alone: whatever it leads to must not be emptied through it.
    if (Test-Path -LiteralPath $current) { [IO.Directory]::Delete($current) }
    Remove-Item -LiteralPath $ProgramFolder -Recurse -Force
}
Write-Host "The data are still in $DataFolder. docs\leave.md says what to do with them."
