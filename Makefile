# All there is to learn is in `make help`. Needs the .NET 10 SDK and make, nothing else.
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: all demo test lint bench profile cache-trace fuzz slow pack clean help FORCE

export DOTNET_NOLOGO := 1
export DOTNET_CLI_TELEMETRY_OPTOUT := 1
export DOTNET_CLI_UI_LANGUAGE := en

os := $(if $(filter Darwin,$(shell uname -s)),osx,linux$(if $(wildcard /lib/ld-musl-*),-musl))
RID ?= $(os)-$(if $(filter arm64 aarch64,$(shell uname -m)),arm64,x64)

sources := $(sort $(shell find src \( -name bin -o -name obj \) -prune -o -type f -print))
settings := Makefile global.json nuget.config Directory.Build.props Directory.Packages.props .editorconfig BannedSymbols.txt
quiet := --nologo --verbosity quiet --tl:off

all: bin/goaround bin/shasum
	@$(if $(built),,echo "bin/goaround is up to date")

# Machine code made ahead of time starts in 20 ms, and takes half the memory; a C compiler links it. Where there is none, for another machine
# (RID=), or with NATIVE=0: one file with its runtime in it, which starts in 120.
NATIVE ?= $(if $(filter file,$(origin RID)),$(shell printf 'int main(void){return 0;}' | $(CC) -x c - -o /dev/null 2>/dev/null && echo 1),0)
one_file := -p:PublishSingleFile=true -p:PublishTrimmed=true -p:PublishReadyToRun=true
native := -p:PublishAot=true -p:CppCompilerAndLinker=$(CC)

# The scratch of a publish lies in ./obj, apart from that of `dotnet build`: restoring for one machine would undo the other.
publish := dotnet publish src/GoAround.Cli -c Release -r $(RID) --self-contained $(quiet) --artifacts-path obj -o obj/publish \
	-p:RunAnalyzers=false -p:DebugType=none -p:GenerateDocumentationFile=false

bin/goaround: $(sources) $(settings) obj/sources.txt
	$(eval built := yes)
	@echo "building bin/goaround for $(RID), which takes a minute or more"
	@rm -rf obj/publish
	@if [ "$(NATIVE)" != 1 ] || ! $(publish) $(native); then rm -rf obj/publish && $(publish) $(one_file); fi
	@mkdir -p bin
	@install -m 755 obj/publish/goaround $@.new && mv -f $@.new $@
	@ls -lh $@ | awk '{ print "built $@, " $$5 }'

bin/shasum: bin/goaround
	@if command -v shasum >/dev/null; then shasum -a 1 bin/goaround; else sha1sum bin/goaround; fi > $@

# Changes only when a source comes or goes, which the time of no source file tells.
obj/sources.txt: FORCE
	@mkdir -p obj
	@printf '%s\n' $(sources) | cmp -s - $@ || printf '%s\n' $(sources) > $@

demo: all
	@exec ./bin/goaround -demo

test:
	@$(MAKE) --no-print-directory all || { echo "the executable could not be built, no test ran"; echo "0 passed, 1 failed"; exit 1; }
	@sh tests/install-tools.sh nc ncat openssl curl promtool
	@sh tests/run.sh

lint:
	@sh tests/lint.sh

bench: all
	@sh tests/install-tools.sh python3 nginx haproxy varnishd wrk openssl ngx_http_echo_module.so
	@bash bench/compare.sh

profile:
	@sh tests/install-tools.sh python3 nginx wrk openssl ngx_http_echo_module.so
	@bash bench/profile.sh

cache-trace:
	@dotnet build bench/GoAround.Bench -c Release $(quiet)
	@dotnet bench/GoAround.Bench/bin/Release/net10.0/GoAround.Bench.dll

slow: all
	@sh tests/install-tools.sh python3 slowhttptest nginx unshare ip
	@python3 tests/attack/slow_clients.py bin/goaround

# One target for so long each; SEED=2 makes other inputs, TARGET=session runs one. Failing inputs land in ./artifacts/fuzz.
SECONDS_EACH ?= 60
SEED ?= 1
TARGET ?= all

fuzz:
	@mkdir -p artifacts/fuzz
	@dotnet build tests/GoAround.Fuzz -c Release $(quiet)
	@cd artifacts/fuzz && dotnet ../../tests/GoAround.Fuzz/bin/Release/net10.0/GoAround.Fuzz.dll --target $(TARGET) --seconds $(SECONDS_EACH) --seed $(SEED)

# Where they go, and what `dotnet pack` is told besides: the tests give both. VERSION_SUFFIX=dev.2 makes 0.1.0-dev.2 where Directory.Build.props says
# 0.1.0: NuGet keeps a version that it has unpacked once, so packages that are packed again after a change need another.
PACKAGES ?= artifacts
PACK ?=
VERSION_SUFFIX ?=

pack:
	@rm -f $(PACKAGES)/*.nupkg $(PACKAGES)/*.snupkg
	@for project in src/*/*.csproj; do dotnet pack $$project -c Release $(quiet) -o $(PACKAGES) $(if $(VERSION_SUFFIX),-p:VersionSuffix=$(VERSION_SUFFIX)) $(PACK) || exit 1; done
	@ls -lh $(PACKAGES)/*nupkg | awk '{ print "made " $$NF ", " $$5 }'

clean:
	@rm -rf bin obj artifacts TestResults bench/results
	@find src tests bench samples -type d \( -name bin -o -name obj -o -name TestResults \) -prune -exec rm -rf {} + 2>/dev/null || true

help:
	@echo "make          ./bin/goaround, one self-contained executable for this machine, and ./bin/shasum, its SHA-1"
	@echo "make demo     the balancer on port 3000 in front of two built-in backends"
	@echo "make test     all tests, the built executable's too; the last line counts them"
	@echo "make lint     format, analyzers as errors, shell syntax"
	@echo "make bench    nginx, HAProxy, Varnish, YARP and goaround by turns, forty minutes; QUICK=1: five; see bench/README.md"
	@echo "make profile  counts which way the code goes under the loads of make bench, for the compiler: writes src/GoAround.Cli/goaround.mibc; three minutes"
	@echo "make cache-trace  a million requests through the cache's store and through other ways of eviction: hit ratios, memory"
	@echo "make slow     slowhttptest's four attacks on the built executable while normal traffic goes on; a minute"
	@echo "make fuzz     mutated HTTP against parsers and sessions, 60 s a target; SECONDS_EACH=, SEED=, TARGET="
	@echo "make pack     the NuGet packages, symbols too, of the library and of the command as a .NET tool, in ./artifacts; VERSION_SUFFIX=dev.2: 0.1.0-dev.2, so that NuGet takes what was changed"
	@echo "make clean    removes all that was built"
