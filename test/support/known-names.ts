/** What users of other job systems know by name: methods, fields, statuses, errors, as the texts for them name them. */
const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** By the heading of docs/coming-from.md. A name that means two things in its text is told with what it belongs to. */
export const KNOWN_NAMES: Readonly<Record<string, readonly string[]>> = {
  'Blaxel Jobs': words(`
    blJob bl_job @blaxel/core blaxel.core.jobs CreateJobExecutionRequest
    blaxel.core.client.models.create_job_execution_request
    createExecution create_execution acreate_execution getExecution get_execution aget_execution
    getExecutionStatus get_execution_status aget_execution_status listExecutions list_executions alist_executions
    waitForExecution wait_for_execution await_for_execution
    tasks duration limit maxWait max_wait interval status metadata error error.message asyncio
    pending running completed failed`),
  Joblet: words(`
    JobletClient host port ca_cert_path client_cert_path client_key_path options
    grpc.keepalive_time_ms grpc.keepalive_timeout_ms
    JOBLET_HOST JOBLET_PORT JOBLET_CA_CERT_PATH JOBLET_CLIENT_CERT_PATH JOBLET_CLIENT_KEY_PATH
    client.jobs client.networks client.volumes client.monitoring client.runtimes
    JobService NetworkService VolumeService MonitoringService RuntimeService health_check close with
    run_job command args name max_cpu cpu_cores max_memory max_iobps schedule network volumes runtime work_dir
    environment secret_environment uploads path content mode is_directory
    job_uuid status start_time end_time exit_code
    get_job_status stop_job delete_job result['success'] result['message'] get_job_logs list_jobs
    pending running completed failed cancelled scheduled
    run_workflow workflow yaml_content workflow_files workflow_uuid version jobs depends_on
    get_workflow_status get_workflow_jobs list_workflows include_completed
    create_network list_networks remove_network cidr net['job_count']
    create_volume list_volumes remove_volume size volume_type "filesystem" "memory" volume['path']
    vol['size'] vol['type'] vol['job_count']
    get_system_status status['cpu'] status['memory'] usage_percent status['available'] status['disks'] disk['device']
    status['processes'] top_by_cpu process['name'] cpu_percent
    stream_system_metrics interval_seconds metric_types metrics['cpu'] metrics['memory'] metrics['timestamp']
    list_runtimes get_runtime_info runtime['available'] runtime['name'] runtime['language'] runtime['version']
    runtime['packages'] size_bytes test_runtime test['output'] test['error']
    install_runtime_from_github runtime_spec repository branch force_reinstall stream
    validate_runtime_spec remove_runtime
    JobletException ConnectionError AuthenticationError JobNotFoundError WorkflowNotFoundError RuntimeNotFoundError
    NetworkError VolumeError ValidationError TimeoutError`),
  'OpenAgents JSON': words(`
    JobManager JobStore MemoryJobStore FileJobStore DatabaseJobStore JobStatus JobPriority OpenAgentsApp
    create_job start_job get_job_status get_job_results list_jobs pause_job resume_job cancel_job delete_job
    add_job_dependency remove_job_dependency get_dependencies get_dependent_jobs create_job_batch get_batch_jobs
    cleanup_old_jobs app.create_job app.get_job_status app.get_job_results
    name description payload priority tags dependencies auto_start max_retries retry_delay timeout
    job_id depends_on_id batch_id deleted_count retention_days job_store storage_dir
    status created_after created_before sort_by sort_order limit offset
    settings.job.store_type settings.job.store_path settings.storage.database job_recovery_timeout_minutes
    dialect path host port username password database connection_pool_size
    PENDING RUNNING PAUSED COMPLETED FAILED CANCELLED LOW MEDIUM HIGH CRITICAL`),
  Noukai: words(`
    flow.job Job AsyncJob JobStatus JobAccepted ExecuteResult status wait timeout_ms cancel id state result error
    created_at started_at completed_at progress output TimeoutError pending running completed failed cancelled`),
  'AST.Jobs of apps-script-tools': words(`
    ASTLib.AST configure AST_JOBS_PROPERTY_PREFIX AST_JOBS_DEFAULT_MAX_RUNTIME_MS AST_JOBS_DEFAULT_MAX_RETRIES
    enqueue resume status cancel chain enqueueMany mapReduce
    name steps id handler dependsOn tasks items maxConcurrency mapHandler reduceHandler
    orchestration results.reduce context.results ctx.payload.item ctx.payload.mapStepIds AST.Storage`),
};

/** What such a text has no name for but words. */
export const KNOWN_WORDS: Readonly<Record<string, readonly string[]>> = {
  'OpenAgents JSON': ['Automatic State Recovery', 'Recovery History', 'Transaction Safety'],
  Noukai: ['Network/API errors'],
  'AST.Jobs of apps-script-tools': ['lease ownership'],
};
